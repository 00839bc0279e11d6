/* route.c - which handler answers an address
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/route.h"

#include <string.h>

#include "base/err.h"

static bool
path_fits(const char *pattern, struct str path)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return path.len >= n - 1 && !memcmp(path.at, pattern, n - 1);
	return str_is(path, pattern);
}

static bool
method_fits(const char *methods, struct str method)
{
	struct str rest = str_of(methods);

	while (rest.at) {
		struct str one = str_cut(rest, ',', &rest);

		if (str_is(one, "*") || str_eq(one, method))
			return true;
	}
	return false;
}

const struct route *
route_find(const struct route *routes, size_t n, struct str path,
    struct str method, const char **allow, struct err *e)
{
	size_t i;

	*allow = NULL;
	for (i = 0; i < n; i++) {
		if (!path_fits(routes[i].path, path))
			continue;
		if (method_fits(routes[i].methods, method))
			return &routes[i];
		*allow = routes[i].methods;
		break;
	}
	err_set(e, *allow ? ERR_METHOD : ERR_ADDRESS, NULL);
	return NULL;
}
