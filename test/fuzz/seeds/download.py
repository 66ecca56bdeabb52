import os, subprocess
os.environ.setdefault("HF_HOME", "/cache")
from huggingface_hub import snapshot_download, hf_hub_download as one
from vllm import LLM

MODELS = ["org/a", "org/b"]
options = {"revision": "main", "local_dir": f"/models/{MODELS[0]}"}

def get(repo, revision="main", **rest):
    """Downloads."""
    return snapshot_download(repo, revision=revision, allow_patterns=["*.json"], **rest)

for name in MODELS:
    get(name if name else None, **options)
if __name__ == "__main__":
    try:
        one(repo_id="org/" + "m", filename='x')
    except Exception as e:
        raise SystemExit(1)
    subprocess.run(["vllm", "serve", os.environ["MODEL"]], check=True)
    LLM(model=os.environ.get("MODEL") or "org/m", trust_remote_code=True)
