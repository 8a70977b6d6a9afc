# The appliance and the relay as images: the Debian packages, installed on a slim Debian 13.
#
#   docker build --target edge  --tag siteglass-edge  .
#   docker build --target relay --tag siteglass-relay .
#
# These have no OpenCV, which needs three times the space of all the rest. For cameras over RTSP, at Video4Linux devices and
# in video files, and for detection.engine: opencv, build the target edge-streams (relay-streams) instead:
#
#   docker build --target edge-streams --tag siteglass-edge-streams .
#
# Requires BuildKit. Behind a proxy that intercepts TLS, pass the settings of the host; they do not stay in an image:
#   --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt --secret id=npmrc,src=$HOME/.npmrc
#   --secret id=apt,src=/etc/apt/apt.conf.d/90proxy; pass HTTP_PROXY and similar variables with --build-arg.

ARG BASE=debian:trixie-slim
# An image with packages in /packages, if they are built already (for example cross-compiled for arm64).
ARG PACKAGES=packages

FROM ${BASE} AS packages
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /src
COPY packaging/debian/control packaging/debian/
RUN --mount=type=secret,id=apt,target=/etc/apt/apt.conf.d/99host \
    apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates dpkg-dev fakeroot \
 && apt-get build-dep --yes --no-install-recommends ./packaging
COPY . .
# The version of the packages; by default the one in package.json, because the git history is not available here.
ARG VERSION=
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=cache,target=/root/.npm --mount=type=cache,target=/addons \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi \
 && SITEGLASS_ADDON_CACHE=/addons npm run package -- --here --out /packages ${VERSION:+--version "$VERSION"}

FROM ${PACKAGES} AS built

# The dependencies of the packages as text, so that a new version of the packages does not rebuild the large layers below.
FROM ${BASE} AS depends
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    depends() { \
      for package; do dpkg-deb --field "$package" Pre-Depends Depends; done \
      | sed 's/^[A-Za-z-]*: //' | paste --serial --delimiters=,; \
    } \
 && mkdir /depends \
 && depends /packages/siteglass-edge_*.deb /packages/siteglass-relay_*.deb > /depends/programs \
 && depends /packages/siteglass-opencv_*.deb > /depends/opencv

FROM ${BASE} AS runtime
ENV DEBIAN_FRONTEND=noninteractive NODE_ENV=production
# The file says what dpkg excludes, and why.
COPY deploy/image/dpkg.conf /etc/dpkg/dpkg.cfg.d/siteglass
COPY --from=depends /depends/programs /usr/share/siteglass/depends/
# The packages create their users with these standalone helpers; systemd itself is not needed here.
RUN --mount=type=secret,id=apt,target=/etc/apt/apt.conf.d/99host \
    apt-get update \
 && apt-get install --yes --no-install-recommends systemd-standalone-sysusers systemd-standalone-tmpfiles \
 && apt-get satisfy --yes --no-install-recommends "$(cat /usr/share/siteglass/depends/programs)" \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --chmod=755 deploy/image/healthcheck /usr/local/bin/siteglass-healthcheck
RUN groupadd --gid 10001 container \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin container
LABEL org.opencontainers.image.vendor="Siteglass" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["siteglass-healthcheck"]

# The libraries of OpenCV and FFmpeg.
FROM runtime AS runtime-streams
COPY --from=depends /depends/opencv /usr/share/siteglass/depends/
RUN --mount=type=secret,id=apt,target=/etc/apt/apt.conf.d/99host \
    apt-get update \
 && apt-get satisfy --yes --no-install-recommends "$(cat /usr/share/siteglass/depends/opencv)" \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    --mount=type=bind,source=deploy/image/install,target=/install \
    sh /install opencv

FROM runtime AS edge
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    --mount=type=bind,source=deploy/image/install,target=/install \
    sh /install edge
ARG VERSION=
LABEL org.opencontainers.image.title="Siteglass appliance" \
      org.opencontainers.image.description="Finds objects in camera snapshots at a site and reports them" \
      org.opencontainers.image.version="${VERSION}"
ENV SITEGLASS_HEALTH_PORT=8080
WORKDIR /var/lib/siteglass-edge
EXPOSE 8080
USER 10001:10001
ENTRYPOINT ["siteglass-edge", "--set", "dataFolder=/var/lib/siteglass-edge", "--set", "http.host=0.0.0.0"]

FROM runtime-streams AS edge-streams
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    --mount=type=bind,source=deploy/image/install,target=/install \
    sh /install edge
ARG VERSION=
LABEL org.opencontainers.image.title="Siteglass appliance, with video streams" \
      org.opencontainers.image.description="Finds objects in camera snapshots and streams at a site and reports them" \
      org.opencontainers.image.version="${VERSION}"
ENV SITEGLASS_HEALTH_PORT=8080
WORKDIR /var/lib/siteglass-edge
EXPOSE 8080
USER 10001:10001
ENTRYPOINT ["siteglass-edge", "--set", "dataFolder=/var/lib/siteglass-edge", "--set", "http.host=0.0.0.0"]

FROM runtime AS relay
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    --mount=type=bind,source=deploy/image/install,target=/install \
    sh /install relay
ARG VERSION=
LABEL org.opencontainers.image.title="Siteglass relay" \
      org.opencontainers.image.description="Collects the reports of many Siteglass appliances and serves the image API" \
      org.opencontainers.image.version="${VERSION}"
ENV SITEGLASS_HEALTH_PORT=8090 AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
WORKDIR /var/lib/siteglass-relay
EXPOSE 8090 1883
USER 10001:10001
ENTRYPOINT ["siteglass-relay", "--set", "dataFolder=/var/lib/siteglass-relay", "--set", "http.host=0.0.0.0"]

FROM runtime-streams AS relay-streams
RUN --mount=type=bind,from=built,source=/packages,target=/packages \
    --mount=type=bind,source=deploy/image/install,target=/install \
    sh /install relay
ARG VERSION=
LABEL org.opencontainers.image.title="Siteglass relay, with OpenCV" \
      org.opencontainers.image.description="Collects the reports of many Siteglass appliances and serves the image API" \
      org.opencontainers.image.version="${VERSION}"
ENV SITEGLASS_HEALTH_PORT=8090 AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
WORKDIR /var/lib/siteglass-relay
EXPOSE 8090 1883
USER 10001:10001
ENTRYPOINT ["siteglass-relay", "--set", "dataFolder=/var/lib/siteglass-relay", "--set", "http.host=0.0.0.0"]
