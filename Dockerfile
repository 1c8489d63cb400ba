# The producing command in a container: docker build -t outspool . && docker run --rm outspool smoke

FROM node:20-bookworm-slim AS build
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
# The link that the last command has made would lead out of node_modules.
RUN npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/@outspool \
  && mkdir node_modules/@outspool \
  && cp -r npm/librdkafka-* node_modules/@outspool/

FROM node:20-bookworm-slim
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
ENTRYPOINT ["node", "bin/produce"]
