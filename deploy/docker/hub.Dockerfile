# The hub, one image for all of its parts. Build from the repository's root:
#   docker build -f deploy/docker/hub.Dockerfile -t hailong-hub:0.1.0 .
# Python packages are pinned by hash; pin the base image by the digest that your site has checked.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements/hub.txt .
RUN python -m venv /opt/hailong \
    && /opt/hailong/bin/pip install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes -r hub.txt
COPY schemas /opt/hailong/lib/python3.11/site-packages/schemas
COPY hub /opt/hailong/lib/python3.11/site-packages/hub
COPY hailong /opt/hailong/lib/python3.11/site-packages/hailong
# The file system is read-only later.
RUN /opt/hailong/bin/python -m compileall -q /opt/hailong/lib

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 hailong \
    && useradd --system --uid 10001 --gid hailong --home-dir /var/lib/hailong \
        --shell /usr/sbin/nologin hailong \
    && install -d -o hailong -g hailong -m 0700 /var/lib/hailong /var/lib/hailong/files
COPY --from=packages /opt/hailong /opt/hailong
ENV PATH=/opt/hailong/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HAILONG_STATE=/var/lib/hailong \
    HAILONG_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/hailong
VOLUME ["/var/lib/hailong"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9464/healthz', timeout=3)"]
ENTRYPOINT ["python", "-m", "hailong", "hub"]
CMD ["run"]
