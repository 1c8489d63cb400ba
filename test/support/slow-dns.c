/* getaddrinfo that takes SLOW_DNS_MS to find SLOW_DNS_NAME at 127.0.0.1, for a child process that preloads it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*lookup_t)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  const char *name = getenv("SLOW_DNS_NAME"), *ms = getenv("SLOW_DNS_MS");
  lookup_t real = (lookup_t)dlsym(RTLD_NEXT, "getaddrinfo");
  if (node && name && ms && strcmp(node, name) == 0) {
    usleep((useconds_t)atoi(ms) * 1000);
    return real("127.0.0.1", service, hints, result);
  }
  return real(node, service, hints, result);
}
