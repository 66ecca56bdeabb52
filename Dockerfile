# The webhook's image: built on Debian 12, run on its slim variant with the shared libraries the binary needs and
# nothing else. It runs as a numeric non-root user and writes nothing, so `readOnlyRootFilesystem: true` is fine.
#
#   docker build -t warmgate .
#   docker run --rm warmgate version

FROM debian:12 AS build
WORKDIR /src
# What scripts/setup installs changes rarely: a layer of its own.
COPY scripts/lib.sh scripts/setup scripts/
RUN scripts/setup
COPY . .
RUN scripts/build release && strip build/bin/warmgate

FROM debian:12-slim
# The libraries of `ldd build/bin/warmgate`, and the authorities of the outside world for the Hub.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libfmt9 libprometheus-cpp-core1.0 libspdlog1.10 libssl3 libstdc++6 libyaml-0-2 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/bin/warmgate /usr/local/bin/warmgate
COPY LICENSE /usr/share/doc/warmgate/LICENSE
# A missing library fails the build, not the first Pod.
RUN ["/usr/local/bin/warmgate", "version"]

LABEL org.opencontainers.image.title="warmgate" \
      org.opencontainers.image.description="Kubernetes admission webhook and linter for the model-cache pattern of LLM inference" \
      org.opencontainers.image.licenses="Apache-2.0"

# 8443: the webhooks over HTTPS. 8080: /livez, /readyz and /metrics.
EXPOSE 8443 8080
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/warmgate"]
CMD ["serve"]
