"""The contract compiled: kept as a file, so that nobody needs a compiler to use or to check it.

``python -m hengjian.notary.anchors.compilation`` compiles anew, without network, and writes the file; a test
compiles too and compares. Paris, because FISCO BCOS 3.2 and later run Paris unless its switch
``feature_evm_cancun`` was set, and Shanghai's PUSH0 would stop there; older ones run London, which
has every instruction that this code uses.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from hengjian.notary.anchors.errors import missing_extra

SOURCE = Path(__file__).with_name("contract.vy")
FILE = Path(__file__).with_name("contract.json")
WANTED = ["abi", "bytecode", "bytecode_runtime", "layout"]


def compiled() -> dict[str, Any]:
    """Compile the source; the version of compiler and EVM stand in the source itself."""
    try:
        import vyper
        from vyper.compiler import compile_code
    except ImportError as error:
        raise missing_extra("vyper") from error
    text = SOURCE.read_text(encoding="utf-8")
    made = compile_code(text, contract_path=SOURCE.name, output_formats=WANTED)
    return {
        "compiler": f"vyper {vyper.__version__.partition('+')[0]}",
        "evm": "paris",
        "source_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "abi": made["abi"],
        "layout": {name: place["slot"] for name, place in made["layout"]["storage_layout"].items()},
        "bytecode": made["bytecode"],
        "runtime": made["bytecode_runtime"],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(compiled(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
