FROM rust:1.95.0-bookworm AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p homeward-server --bin homeward \
    && install target/release/homeward /usr/local/bin/homeward

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --home-dir /var/lib/homeward --shell /usr/sbin/nologin homeward \
    && install -d -m 0700 -o homeward -g homeward /var/lib/homeward
COPY --from=builder /usr/local/bin/homeward /usr/local/bin/homeward
USER homeward
ENV HOMEWARD_LISTEN=0.0.0.0:8080 HOMEWARD_DATA_DIR=/var/lib/homeward
VOLUME /var/lib/homeward
EXPOSE 8080
ENTRYPOINT ["homeward"]
CMD ["serve"]
