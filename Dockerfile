# The producing command in a container: docker build -t outspool . && docker run --rm outspool smoke

# What runs. Without the sources, so that an edit does not compile librdkafka again; and apart from the build, because
# npm prune would unpack node-rdkafka anew and lose what was compiled.
FROM node:20-bookworm AS dependencies
# node-rdkafka's makefile does not build in parallel.
ENV JOBS=1
WORKDIR /app
COPY package.json package-lock.json ./
# Of node-rdkafka only what runs: its sources and object files are most of its size.
RUN npm ci --omit=dev --ignore-scripts \
  && npm rebuild node-rdkafka \
  && rm -rf node_modules/node-rdkafka/deps node_modules/node-rdkafka/build/Release/obj.target \
       node_modules/node-rdkafka/build/deps/*.a

FROM node:20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:20-bookworm-slim
# What librdkafka links to when it is built where the headers of curl, SASL and zstd are.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsasl2-2 libssl3 libzstd1 zlib1g \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY config ./config
USER node
ENTRYPOINT ["node", "bin/produce"]
