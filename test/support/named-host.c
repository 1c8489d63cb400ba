/* getaddrinfo that finds NAMED_HOST at the address that the file NAMED_HOST_FILE holds now, as `address name`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*lookup_t)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  const char *name = getenv("NAMED_HOST"), *path = getenv("NAMED_HOST_FILE");
  lookup_t real = (lookup_t)dlsym(RTLD_NEXT, "getaddrinfo");
  char address[64];
  FILE *file = node && name && path && strcmp(node, name) == 0 ? fopen(path, "r") : NULL;
  if (file == NULL) return real(node, service, hints, result);
  int found = fscanf(file, "%63s", address);
  fclose(file);
  return found == 1 ? real(address, service, hints, result) : EAI_NONAME;
}
