"""Programs that save a file, damage it, and load it."""

from __future__ import annotations

import random

from fuzz.program import Program

# (code that writes a file, code that reads it, its extension)
FORMATS = (
    (
        "nncore.save({'w': nncore.ones(3, 4), 'o': [1, (2.5, None)], 7: nncore.arange(5)}, path)",
        "nncore.load",
        "nnz",
    ),
    (
        "nncore.save(nn.Linear(3, 2).state_dict(), path)",
        "nn.Linear(3, 2).load_state_dict(nncore.load(path)) or nncore.load",
        "nnz",
    ),
    ("nncore.save([nncore.zeros(0, 3), np.arange(6).reshape(2, 3), True, ''], path)", "nncore.load", "nnz"),
    ("nncore.save({'w': nncore.ones(3, 4), 5: [{1, 2}, nncore.arange(5)]}, path)", "nncore.load", "pt"),
    ("nncore.save({'w': nncore.ones(3, 4), 'o': {'b': np.arange(5)}}, path)", "nncore.load", "npz"),
    ("nncore.save({'w': nncore.ones(3, 4), 'o': {'b': np.arange(5)}}, path)", "nncore.load", "safetensors"),
    ("np.savez(path, x=np.ones((4, 3), 'f4'), y=np.array([0, 1, 1, 0]))", "data.load_npz", "npz"),
    ("np.savez_compressed(path, x=np.ones((4, 3)), y=np.array(list('abca')))", "data.load_npz", "npz"),
    ("Path(path).write_text('a,b,label\\n1,2,x\\n3,4.5,y\\n-1e3,0,x\\n')", "data.load_csv", "csv"),
    ("Path(path).write_text('1,2,0\\n3,4,1\\n')", "data.load_csv", "csv"),
    (
        "Path(path).write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))",
        "data.read_idx",
        "idx",
    ),
    (
        "Path(path).write_bytes(gzip.compress(bytes([0, 0, 13, 1, 0, 0, 0, 1, 1, 2, 3, 4])))",
        "data.read_idx",
        "gz",
    ),
    ("Path(path).write_bytes(gzip.compress(b'1,2,0\\n3,4,1\\n'))", "data.load_csv", "csv.gz"),
)


def damage(rng: random.Random) -> str:
    """One change of the bytes b of length n > 0; positions are thousandths of the file."""
    at, to = (f"{rng.randrange(1000)} * n // 1000" for _ in range(2))
    return rng.choice(
        (
            f"b[{at}] ^= {1 << rng.randrange(8)}",
            f"b[{at}] = {rng.randrange(256)}",
            f"del b[{at}:]",
            f"del b[{at}:{at} + {rng.randrange(9)}]",
            f"b[{at}:{at}] = b[{to}:{to} + {rng.randrange(64)}]",
            f"b[{at}:{at}] = np.random.default_rng({rng.randrange(99)}).bytes({rng.randrange(1, 20)})",
            f"b[{at}:{at} + 8] = (2**{rng.choice((31, 32, 63))} - 1).to_bytes(8, 'little')",
            "b = b + b",
            "b = b[n // 2:] + b[:n // 2]",
        )
    )


def program(rng: random.Random) -> Program:
    """Write a file, change it up to three times, and read it."""
    write, read, suffix = rng.choice(FORMATS)
    changes = [
        line for _ in range(rng.randrange(4)) for line in ("n = max(len(b), 1)", f"if b: {damage(rng)}")
    ]
    lines = (
        f"path = os.path.join(folder, 'file.{suffix}')",
        write,
        "with open(path, 'rb') as file: b = bytearray(file.read())",
        *changes,
        "with open(path, 'wb') as file: size = file.write(b)",
        f"y = {read}(path)",
        "y = list(y) if isinstance(y, tuple) else y",
    )
    return Program(read.split("(")[-1] if "(" in read else read, lines)
