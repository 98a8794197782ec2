# The bridge for docker-compose.yml. Built from a lock file in one stage, run without compilers,
# sources or development dependencies in the other, as a user without rights. What runs is what
# `npm pack` packs, so that package.json alone says which files belong to it.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm pack --pack-destination /tmp \
 && mkdir /packed && tar -xzf /tmp/*.tgz -C /packed --strip-components=1 \
 && npm prune --omit=dev --ignore-scripts && mv node_modules /packed

FROM node:22-slim
WORKDIR /app
ENV NODE_ENV=production BRIDGE_SIP_REGISTRAR_FILE=/tmp/registrations.json
COPY --from=build /packed .
USER node
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/server/cli.js"]
CMD ["start", "--host", "0.0.0.0"]
