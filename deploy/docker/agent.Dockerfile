# An agent, for counters whose sound and picture come over RTSP or whose devices are handed in:
#   docker build -f deploy/docker/agent.Dockerfile -t hailong-agent:0.1.0 .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --ulimit memlock=-1 --device /dev/snd --device /dev/video0 \
#     -v agent-state:/var/lib/hailong-agent -v ./agent.toml:/etc/hailong/agent.toml:ro \
#     -v ./models:/models:ro hailong-agent:0.1.0
# `[models] whisper` in agent.toml then names a folder below /models.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements/agent.txt .
RUN python -m venv /opt/hailong \
    && /opt/hailong/bin/pip install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes -r agent.txt
COPY schemas /opt/hailong/lib/python3.11/site-packages/schemas
COPY edge_agent /opt/hailong/lib/python3.11/site-packages/edge_agent
COPY hailong /opt/hailong/lib/python3.11/site-packages/hailong
# The file system is read-only later.
RUN /opt/hailong/bin/python -m compileall -q /opt/hailong/lib

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libportaudio2 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10002 hailong-agent \
    && useradd --system --uid 10002 --gid hailong-agent --groups audio,video \
        --home-dir /var/lib/hailong-agent --shell /usr/sbin/nologin hailong-agent \
    && install -d -o hailong-agent -g hailong-agent -m 0700 /var/lib/hailong-agent
COPY --from=packages /opt/hailong /opt/hailong
ENV PATH=/opt/hailong/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HAILONG_AGENT_STATE=/var/lib/hailong-agent \
    HAILONG_AGENT_SETTINGS=/etc/hailong/agent.toml \
    HAILONG_AGENT_METRICS_ADDRESS=127.0.0.1:9467 \
    HAILONG_LOG_FORMAT=json
USER 10002:10002
WORKDIR /var/lib/hailong-agent
VOLUME ["/var/lib/hailong-agent"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=300s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9467/healthz', timeout=3)"]
ENTRYPOINT ["python", "-m", "hailong", "agent"]
CMD ["run"]
