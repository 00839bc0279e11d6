/* err.c - what went wrong: one kind, words for the caller, words for the log
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
err_set(struct err *e, enum err_kind kind, const char *said, ...)
{
	va_list ap;

	if (!e || e->kind != ERR_NONE)
		return false;
	e->kind = kind;
	if (said) {
		va_start(ap, said);
		vsnprintf(e->said, sizeof e->said, said, ap);
		va_end(ap);
	}
	return false;
}

bool
err_why(struct err *e, enum err_kind kind, const char *why, ...)
{
	va_list ap;

	if (!e || e->kind != ERR_NONE)
		return false;
	e->kind = kind;
	va_start(ap, why);
	vsnprintf(e->why, sizeof e->why, why, ap);
	va_end(ap);
	return false;
}

void
err_clear(struct err *e)
{
	memset(e, 0, sizeof *e);
}
