"""How a checkpoint that strangers made is loaded: data is read, code is not run."""

from pathlib import Path

FILES_ONLY = {"local_files_only": True, "trust_remote_code": False}
"""For whatever is loaded: no network, and no Python that lies beside the weights. Named, because
transformers asks on the terminal where it is left open."""
TENSORS_ONLY = FILES_ONLY | {"use_safetensors": True}
"""For weights: a format that holds numbers and nothing else."""

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


def explain_refusal(folder: Path, error: Exception) -> str:
    """Says in one sentence what is wrong with a checkpoint whose model could not be loaded."""
    return pickled_weights(folder) or describe(error)


def describe(error: Exception) -> str:
    """Text of an exception; in our words where the checkpoint wants code of its own to be run."""
    if "trust_remote_code" in str(error):
        return (
            "it needs Python code of its own, and no code of a checkpoint is run; take a model "
            "that transformers knows by itself"
        )
    return str(error) or type(error).__name__


def pickled_weights(folder: Path) -> str | None:
    """Says what is wrong with a checkpoint whose only weights are pickles; `None` for any other."""
    if any(folder.glob("*.safetensors")):
        return None
    found = sorted(path.name for path in folder.glob("*") if path.suffix in _PICKLES)
    if not found:
        return None
    return (
        f'its weights are a pickle ("{found[0]}"), which can run any code when it is read; convert '
        "it to safetensors, by save_pretrained() in a process that may come to harm"
    )
