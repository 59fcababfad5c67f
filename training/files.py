"""Arrays by name, read from files and written to them."""

import os
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from command_line import WrongInput

Arrays = dict[str, Tensor]


def read_arrays(path: Path, what: str) -> Arrays:
    """Reads a safetensors file, or a state dictionary that PyTorch saved as .pth. Floats are widened to float32.

    :param what: what the file is to its user, such as "the weights of VGG-19", for the sentences
    """
    if not path.is_file():
        raise WrongInput(f"Expected {what} in {path}, found no such file.")
    try:
        arrays = read_state(path) if path.suffix == ".pth" else load_file(path)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise WrongInput(
            f"Expected {what} as safetensors or .pth in {path}, got another or a damaged file."
        ) from error
    return {name: array.float() if array.is_floating_point() else array for name, array in arrays.items()}


def read_state(path: Path) -> Arrays:
    """The tensors of a state dictionary, which may lie under "model". No code in the file is run."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    state = saved.get("model", saved) if isinstance(saved, dict) else {}
    return {name: array for name, array in state.items() if isinstance(array, Tensor)}


def array_of(arrays: Arrays, name: str, what: str) -> Tensor:
    """The array of that name, which `what` must hold."""
    if name not in arrays:
        raise WrongInput(f"Expected {what} to hold the array {name}, got {len(arrays)} arrays without it.")
    return arrays[name]


def check_folder_of(path: Path) -> None:
    """Refuses a place whose folder is not there, before work is done for a file that could not be written."""
    if not path.parent.is_dir():
        raise WrongInput(f"Expected the folder {path.parent} to write {path.name} into, found none: make it first.")


def write_arrays(arrays: Arrays, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a safetensors file under a temporary name and renames it, so that what is there is always whole."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        save_file({name: array.detach().cpu().contiguous() for name, array in arrays.items()}, unfinished, metadata)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
