# docker build --build-arg VERSION=1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) -t timetracker:1.2.3 .
#
# Debian, because its images exist for amd64 and arm64 alike and nothing here is compiled. Node itself comes from the base, so
# the copies that npm would bring (optional dependencies) stay out.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE CHANGELOG.md ./
COPY src ./src
COPY views ./views
COPY public ./public
COPY docker ./docker

# The application's own user may write here and nowhere else; a fresh volume takes over the owner of the folder.
RUN install -d -o node -g node -m 0750 /data /logs /backups && install -d -o node -g node node_modules/.cache
USER node

ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LOG_FILE=/logs/app.jsonl BACKUP_DIR=/backups

# Starts it once, so that what Node compiles is in the image and a read-only container does not compile it at every start. As
# the same user and with the same flags, or Node takes none of it.
RUN ["node", "docker/warm-image.mjs", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=2", "--import=./src/compile-cache.js", "src/main.ts"]

# Last, because they change with every build and everything above does not.
ARG VERSION=
ARG COMMIT=
ENV APP_VERSION=${VERSION} APP_COMMIT=${COMMIT}
LABEL org.opencontainers.image.title="TimeTracker" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"

VOLUME ["/data", "/logs", "/backups"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "docker/healthcheck.mjs"]
CMD ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=2", "--import=./src/compile-cache.js", "src/main.ts"]
