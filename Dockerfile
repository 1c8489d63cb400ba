# The producing command in a container: docker build -t outspool . && docker run --rm outspool smoke

ARG BASE=node:24-bookworm-slim
FROM ${BASE} AS build
# pip downloads the prebuilt librdkafka. Nothing is compiled but TypeScript.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates python3-pip \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY npm ./npm
COPY scripts ./scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm run librdkafka
# With the clients of RabbitMQ and HTTP, at the versions of the lock file. The link to the library would lead out of node_modules.
RUN npm pkg delete devDependencies peerDependencies peerDependenciesMeta \
  && for name in amqplib undici; do \
       npm pkg set "dependencies.$name=$(node -p "require('./package-lock.json').packages['node_modules/$name'].version")"; \
     done \
  && npm prune --ignore-scripts \
  && rm -rf node_modules/@outspool \
  && mkdir node_modules/@outspool \
  && cp -r npm/librdkafka-* node_modules/@outspool/

FROM ${BASE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY config ./config
USER node
# The command drains on SIGTERM, also as process 1, and starts no other process.
STOPSIGNAL SIGTERM
# A pipeline with an HTTP source has an address for this, for example HEALTH_URL=http://127.0.0.1:8080/health. Without one, the process counts.
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "-e", "const url = process.env.HEALTH_URL; if (url) fetch(url).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1));"]
ENTRYPOINT ["node", "bin/produce"]
