/* hang_lookup.c - names that end in .hang take a minute to be looked up
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loaded into facade (LD_PRELOAD), whose resolver then meets a name server that
 * does not answer. Other names are looked up as ever. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define HANG_S 60

typedef int lookup(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **all)
{
	size_t n = name ? strlen(name) : 0;
	lookup *real;

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (n > 5 && !strcmp(name + n - 5, ".hang")) {
		sleep(HANG_S);
		return EAI_AGAIN;
	}
	return real ? real(name, service, hints, all) : EAI_SYSTEM;
}
