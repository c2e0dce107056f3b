# The image runs TypeScript as it is: there is no build step.
# It listens on all addresses and therefore demands an explicit AUTH, since `open`, the default, binds
# nothing but loopback:
#   docker run -p 8080:8080 -e AUTH=sandbox passerelle
#   docker run --network host -e AUTH=open -e HOST=127.0.0.1 passerelle
FROM node:24-slim

WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts ./scripts
COPY src ./src
COPY profiles ./profiles
COPY terminologies ./terminologies
# `prepare` compiles the definitions into .cache; it needs src/ and profiles/, not the dev tools.
RUN npm ci --omit=dev --omit=optional \
 && mkdir -p /data .cache \
 && chown -R node:node /data .cache

USER node
VOLUME /data
ENV HOST=0.0.0.0 PORT=8080 STORE_URL=sqlite:/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
  ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--min-semi-space-size=16", "--max-semi-space-size=32", "--no-parallel-scavenge", "--invocation-count-for-turbofan=300", "src/main.ts", "serve"]
