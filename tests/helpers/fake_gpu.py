"""A GPU in the memory of the CPU, to walk the code for GPUs where there is none.

Arrays and tensors on it refuse what CuPy's arrays and CUDA's tensors refuse: to mix with those of
the CPU, and to become NumPy's arrays without `get()` and `cpu()`. What only hardware can show, such
as kernels, streams and speed, it does not show.
"""

from collections import Counter
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest import mock

import numpy as np
import thinc.backends
import thinc.util
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin
from thinc.api import CupyOps, Ops, require_cpu
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from spacy_birnn.nn.precision import _warn, is_supported

CUDA = torch.device("cuda:0")
# Copies between the CPU and the GPU, by direction.
copies: Counter = Counter()


class FakeArray(NDArrayOperatorsMixin):
    """An array of CuPy: `memory` stands for the memory of the GPU."""

    def __init__(self, memory):
        self.memory = np.asarray(memory)

    def get(self):
        copies["to CPU"] += 1
        return self.memory.copy()

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return on_gpu(getattr(ufunc, method))(*inputs, **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        return on_gpu(func)(*args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self.memory, name)
        return on_gpu(value) if callable(value) else to_gpu(value)

    def __getitem__(self, index):
        # CuPy copies index arrays of NumPy to the GPU.
        return to_gpu(np.asarray(self.memory[to_memory(index, strict=False)]))

    def __setitem__(self, index, value):
        self.memory[to_memory(index, strict=False)] = to_memory(value)

    def __iter__(self):
        return map(FakeArray, self.memory)

    def __len__(self):
        return len(self.memory)

    def __bool__(self):
        return bool(self.get())

    def __float__(self):
        return float(self.get())

    def __int__(self):
        return int(self.get())

    __index__ = __int__


def to_memory(value, strict=True):
    """The NumPy arrays behind fake ones, also in lists and tuples."""
    if isinstance(value, FakeArray):
        return value.memory
    if isinstance(value, np.ndarray) and value.ndim and strict:
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)([to_memory(part, strict) for part in value])
    return value


def to_gpu(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return FakeArray(value)
    return tuple(map(to_gpu, value)) if isinstance(value, tuple) and value else value


def on_gpu(function):
    def run(*args, **kwargs):
        arguments = {name: to_memory(value) for name, value in kwargs.items()}
        return to_gpu(function(*to_memory(args), **arguments))

    return run


class FakeCupy:
    """The module `cupy`."""

    ndarray = FakeArray

    def __init__(self):
        device = SimpleNamespace(Device=lambda gpu_id: SimpleNamespace(use=lambda: None))
        pool = SimpleNamespace(malloc=None)
        self.cuda = SimpleNamespace(
            device=device,
            MemoryPool=lambda allocator: pool,
            set_allocator=lambda malloc: copies.update(["set_allocator"]),
        )
        self.random = SimpleNamespace(seed=lambda seed: None)

    def __getattr__(self, name):
        value = getattr(np, name)
        return on_gpu(value) if callable(value) and not isinstance(value, type) else value

    def array(self, data, dtype=None, **kwargs):
        if isinstance(data, np.ndarray):
            copies["to GPU"] += 1
        return FakeArray(np.array(to_memory(data, strict=False), dtype=dtype))

    def asarray(self, data, dtype=None):
        if isinstance(data, FakeArray):
            return FakeArray(np.asarray(data.memory, dtype=dtype))
        return self.array(data, dtype)

    def save(self, file_, array):
        np.save(file_, to_memory(array, strict=False))

    def load(self, file_):
        return FakeArray(np.load(file_))

    def split(self, array, places):
        # CuPy reads the places one by one.
        copies["to CPU"] += len(places) * isinstance(places, FakeArray)
        return list(map(FakeArray, np.split(array.memory, to_memory(places, strict=False))))


cupy = FakeCupy()
# What CupyOps does without CUDA kernels.
WITHOUT_KERNELS = {"__init__", "to_numpy", "gemm", "asarray"}


class FakeGpuOps(CupyOps):
    """CuPy's operations. Where Thinc has CUDA kernels, those that it has for any array module."""

    name = "fake_gpu"
    xp = cupy

    def clip_gradient(self, gradient, threshold):
        norm = self.xp.maximum((gradient * gradient).sum() ** 0.5, 1e-12)
        gradient *= self.xp.minimum(threshold, norm) / norm
        return gradient

    def adam(self, weights, gradient, *args, **kwargs):
        updated = Ops.adam(self, weights, gradient, *args, **kwargs)
        gradient.fill(0)
        return updated


for _name in vars(CupyOps).keys() - vars(FakeGpuOps).keys() - WITHOUT_KERNELS:
    if callable(getattr(Ops, _name, None)):
        setattr(FakeGpuOps, _name, getattr(Ops, _name))


class CudaTensor(torch.Tensor):
    """A tensor that says that it is on a GPU. `FakeCuda` does the rest."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @property
    def is_cuda(self):
        # Inside PyTorch's own functions it is on the CPU.
        return bool(torch._C._len_torch_function_stack())

    @property
    def device(self):
        return CUDA if self.is_cuda else torch.device("cpu")


# Functions whose indices may be on the CPU.
INDEXED = (torch.Tensor.__getitem__, torch.Tensor.__setitem__)
# Functions whose result is a value of the CPU.
READS = (torch.Tensor.__bool__, torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.__float__)


class FakeCuda(TorchFunctionMode):
    """PyTorch with a GPU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch._has_compatible_shallow_copy_type:
            return False
        if func in (torch.Tensor.numpy, torch.Tensor.__array__) and _on_gpu(args[0]):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if func is torch.Tensor.__deepcopy__ and _on_gpu(args[0]):
            return self._copy(*args)
        if func in (torch.Tensor.to, torch.Tensor.cpu):
            return self._move(func, args, kwargs)
        # A tensor of a GPU may be indexed by the CPU.
        is_index = func in INDEXED and _on_gpu(args[0])
        checked = (args[0], *args[2:]) if is_index else args
        tensors = [t for t in tree_leaves((checked, kwargs)) if isinstance(t, torch.Tensor)]
        is_on_gpu = any(map(_on_gpu, tensors))
        copies["to CPU"] += is_on_gpu and func in READS
        if func == torch.Tensor.copy_:
            if _on_gpu(args[0]) != _on_gpu(args[1]):
                copies["to GPU" if is_on_gpu and _on_gpu(args[0]) else "to CPU"] += 1
            is_on_gpu = _on_gpu(args[0])
        elif is_on_gpu and any(not _on_gpu(t) and t.dim() for t in tensors):
            raise RuntimeError(f"{func}: Expected all tensors to be on the same device")
        if kwargs.get("device") is not None:
            is_on_gpu = torch.device(kwargs.pop("device")).type == "cuda"
            if is_on_gpu and not any(map(_on_gpu, tensors)):
                copies["to GPU"] += func in (torch.tensor, torch.as_tensor)
        result = func(*args, **kwargs)
        return tree_map_only(torch.Tensor, _put, result) if is_on_gpu else result

    def _copy(self, x, memo):
        copied = _put(x.detach().clone()).requires_grad_(x.requires_grad)
        copied = torch.Tensor._make_subclass(CudaTensor, copied, x.requires_grad)
        copied._is_param = isinstance(x, torch.nn.Parameter)
        return memo.setdefault(id(x), copied)

    def _move(self, func, args, kwargs):
        x, *rest = args
        target = torch.device("cpu") if func == torch.Tensor.cpu else kwargs.get("device")
        dtype = kwargs.get("dtype")
        for part in rest:
            if isinstance(part, (str, torch.device)):
                target = torch.device(part)
            elif isinstance(part, torch.dtype):
                dtype = part
            elif isinstance(part, torch.Tensor):
                target, dtype = CUDA if _on_gpu(part) else part.device, part.dtype
        was, goes = _on_gpu(x), _on_gpu(x) if target is None else target.type == "cuda"
        moved = x if dtype is None else x.to(dtype)
        if was == goes:
            return _put(moved) if goes else moved
        copies["to GPU" if goes else "to CPU"] += 1
        moved = moved.clone() if moved is x else moved
        return _put(moved) if goes else _strip(moved)


def _on_gpu(value):
    return isinstance(value, CudaTensor)


def _put(tensor):
    if _on_gpu(tensor):
        return tensor
    if tensor.is_sparse:
        return torch.Tensor._make_subclass(CudaTensor, tensor)
    return tensor.as_subclass(CudaTensor)


def _strip(tensor):
    if tensor.is_sparse:
        return torch.Tensor._make_subclass(torch.Tensor, tensor)
    return tensor.as_subclass(torch.Tensor)


def to_cupy(tensor, *, ops=None):
    """`torch2xp`, which shares memory."""
    with torch._C.DisableTorchFunction():
        memory = torch.Tensor.numpy(_strip(tensor).detach())
    return FakeArray(memory) if _on_gpu(tensor) else memory


def from_cupy(array):
    """`torch.utils.dlpack.from_dlpack`, which shares memory."""
    if isinstance(array, FakeArray):
        return _put(torch.from_numpy(array.memory))
    return torch.from_numpy(array)


class Autocast(torch.autocast):
    """Mixed precision of a GPU by that of the CPU, which emulates float16."""

    def __init__(self, device_type, dtype=None, enabled=True):
        assert device_type in ("cpu", "cuda")
        super().__init__("cpu", dtype=dtype, enabled=enabled)


def _forget_precisions():
    is_supported.cache_clear()
    _warn.cache_clear()


@contextmanager
def fake_gpu():
    """Give this process a GPU, and use it: its tensors and arrays, and `--gpu-id 0`.

    YIELDS (Counter): The copies between the CPU and the GPU so far, by direction.
    """
    places = ("nn.modules", "nn.arrays", "distributed.all_reduce")
    patches = [
        *(mock.patch(f"spacy_birnn.{place}.torch2xp", to_cupy) for place in places),
        *(mock.patch(f"{module}.cupy", cupy) for module in ("thinc.util", "thinc.backends")),
        mock.patch("thinc.backends.CupyOps", FakeGpuOps),
        mock.patch("thinc.backends.cupy_ops.CupyOps", FakeGpuOps),
        mock.patch("thinc.backends.cupy_ops.torch2xp", to_cupy),
        mock.patch.multiple("thinc.util", has_cupy=True, has_cupy_gpu=True, has_gpu=True),
        mock.patch.multiple("thinc.util", has_torch_cuda_gpu=True),
        mock.patch("torch.utils.dlpack.from_dlpack", from_cupy),
        mock.patch("torch.autocast", Autocast),
        mock.patch("torch.backends.cudnn.is_acceptable", lambda tensor: False),
        mock.patch.multiple(
            "torch.cuda",
            is_available=lambda: True,
            current_device=lambda: 0,
            device_count=lambda: 1,
            set_device=lambda gpu_id: None,
            manual_seed_all=lambda seed: None,
            get_device_name=lambda gpu_id=0: "Fake GPU",
            is_bf16_supported=lambda including_emulation=True: True,
        ),
    ]
    keeps = torch.__future__.get_overwrite_module_params_on_conversion()
    deterministic = torch.backends.cudnn.deterministic
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        # Otherwise a module keeps its parameters, whose type cannot change.
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        _forget_precisions()
        copies.clear()
        stack.enter_context(FakeCuda())
        try:
            thinc.util.require_gpu(0)
            yield copies
        finally:
            require_cpu()
            torch.__future__.set_overwrite_module_params_on_conversion(keeps)
            torch.backends.cudnn.deterministic = deterministic
            _forget_precisions()
