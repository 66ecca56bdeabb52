set -euo pipefail
cd "${WORKDIR:-/srv}"
args=(--model "$MODEL")
if [[ -n "${REVISION:-}" ]]; then args+=(--revision "$REVISION"); fi
case "$MODEL" in
  org/*) export HF_HOME=/cache/hf ;;
  *) exit 1 ;;
esac
for name in a b; do hf download "org/$name" --local-dir "./$name" || exit 1; done
git clone https://huggingface.co/org/m && cd m && git checkout 9216db5781bf21249d130ec9da846c4624c16137
cat > /tmp/get.py <<'PY'
import os
from huggingface_hub import snapshot_download
snapshot_download(os.environ["MODEL"], revision=os.getenv("REVISION", "main"))
PY
torchrun --nproc-per-node 2 /tmp/get.py &
bash -c "exec \"\$@\"" -- env X=1 vllm serve "${args[@]}" --served-model-name=${MODEL##*/}
