# docker build --build-arg VERSION=1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) -t timetracker:1.2.3 .
#
# Debian, because its images exist for amd64 and arm64 alike and nothing here is compiled. By digest (of the list of both), because
# a tag moves. Another one, such as a mirror's, is named with --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Node itself comes from the base, so the copies that npm would bring (optional dependencies) stay out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts
# Half of it is for building and for editors. Sentry's tool for uploading source maps, which would send something and has a licence of
# its own, is not even there.
RUN rm -rf node_modules/sentry node_modules/@sentry/bundler-plugins node_modules/oxc-parser node_modules/@oxc-parser \
      node_modules/.package-lock.json \
 && find node_modules -type l ! -exec test -e {} \; -delete \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

# What Node needs of the base, and nothing else of it: no shell, no package manager, no npm.
FROM ${NODE_IMAGE} AS system
RUN mkdir -p /system/etc /system/usr/local/bin \
 && cp /usr/local/bin/node /system/usr/local/bin/ \
 && cp /etc/passwd /etc/group /etc/nsswitch.conf /etc/debian_version /etc/os-release /system/etc/ \
 && for file in $(ldd /usr/local/bin/node | grep -o '/[^ ]*'); do install -D -m 755 "$file" "/system$file"; done \
 && install -d -m 1777 /system/tmp \
# The application's own user may write here and nowhere else; a fresh volume takes over the owner of the folder.
 && install -d -o 1000 -g 1000 -m 0750 /system/data /system/logs /system/backups \
 && install -d -m 755 /system/app/node_modules \
 && install -d -o 1000 -g 1000 -m 755 /system/app/node_modules/.cache

FROM scratch
COPY --from=system /system/ /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
# Modes are said, because those of a checkout are its umask's.
COPY --chmod=755 package.json LICENSE CHANGELOG.md ./
COPY --chmod=755 src ./src
COPY --chmod=755 views ./views
COPY --chmod=755 public ./public
COPY --chmod=755 docker ./docker
USER 1000:1000

ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LOG_FILE=/logs/app.jsonl BACKUP_DIR=/backups

# Starts it once, so that what Node compiles is in the image and a read-only container does not compile it at every start. As
# the same user and with the same flags, or Node takes none of it. It is the one thing in the image that differs from build to
# build: all the rest of one commit is the same to the byte.
RUN ["node", "docker/warm-image.mjs", "--disable-warning=ExperimentalWarning", "--preserve-symlinks", "--max-semi-space-size=2", "--import=./src/compile-cache.js", "src/main.ts"]

# Last, because they change with every build and everything above does not.
ARG VERSION=
ARG COMMIT=
ENV APP_VERSION=${VERSION} APP_COMMIT=${COMMIT}
# A version or commit that the application would refuse at its start ends the build instead.
RUN ["node", "--disable-warning=ExperimentalWarning", "src/cli/print-config.ts"]
LABEL org.opencontainers.image.title="TimeTracker" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"

VOLUME ["/data", "/logs", "/backups"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "docker/healthcheck.mjs"]
CMD ["node", "--disable-warning=ExperimentalWarning", "--preserve-symlinks", "--max-semi-space-size=2", "--import=./src/compile-cache.js", "src/main.ts"]
