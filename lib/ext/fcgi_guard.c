/* fcgi_guard.c - what a FastCGI peer may say, checked before libfcgi hears it
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fcgi_guard.h"

#include <string.h>

enum { VERSION = 1, RESPONDER = 1, BEGIN_BYTES = 8 };

void
fcgi_record_head(unsigned char to[FCGI_HEAD_BYTES], enum fcgi_record type,
    unsigned id, size_t content)
{
	const unsigned char head[FCGI_HEAD_BYTES] = { VERSION,
		(unsigned char)type, (unsigned char)(id >> 8),
		(unsigned char)id, (unsigned char)(content >> 8),
		(unsigned char)content, 0, 0 };

	memcpy(to, head, sizeof head);
}

bool
fcgi_record_begins(const unsigned char head[FCGI_HEAD_BYTES], unsigned *id)
{
	*id = (unsigned)head[2] << 8 | head[3];
	return head[0] == VERSION && head[1] == FCGI_BEGIN && *id != 0 &&
	       head[4] == 0 && head[5] == BEGIN_BYTES && head[6] == 0;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
refuse(struct fcgi_guard *g)
{
	g->phase = FCGI_REFUSED;
	return false;
}

/* A pair ends where its value does; between pairs the stream may end. */
static void
pair_moves(struct fcgi_guard *g)
{
	if (g->in_pair && !g->name && !g->value)
		g->in_pair = false;
}

/* One byte of the two lengths: one byte each, or four with the top bit set.
 * `lengths` counts 0 for the name's first byte, 4 for the value's. */
static bool
take_length(struct fcgi_guard *g, unsigned char c)
{
	uint32_t *n = g->lengths < 4 ? &g->name : &g->value;
	unsigned at = g->lengths % 4;

	if (at == 0 && !(c & 0x80)) {
		*n = c;
		g->lengths += 4;
	} else {
		*n = at ? *n << 8 | c : c & 0x7fu;
		g->lengths++;
	}
	if (g->lengths % 4 == 0 && *n > FCGI_PARAMS_MAX)
		return refuse(g);
	if (g->lengths == 8) {
		g->lengths = 0;
		g->in_pair = true;
		pair_moves(g);
	}
	return true;
}

/* A NUL would cut what we read of the value; a name with = could pose as
 * another one. Returns how many bytes were taken, 0 when refused. */
static size_t
take_params(struct fcgi_guard *g, const unsigned char *p, size_t n)
{
	uint32_t *left = g->name ? &g->name : &g->value;
	size_t step;

	if (!g->in_pair)
		return take_length(g, *p);
	step = least(*left, n);
	if (memchr(p, 0, step) || (g->name && memchr(p, '=', step)))
		return refuse(g);
	*left -= (uint32_t)step;
	pair_moves(g);
	return step;
}

static size_t
take_begin(struct fcgi_guard *g, unsigned char c)
{
	unsigned at = g->begin_at++;

	if ((at == 0 && c != 0) || (at == 1 && c != RESPONDER))
		return refuse(g);
	if (g->begin_at == BEGIN_BYTES)
		g->phase = FCGI_AT_PARAMS;
	return 1;
}

/* The end of the parameters may not cut a pair. Nor may it be padded: libfcgi
 * forgets that padding, as it does a begin record's, and would take its bytes
 * for the next record. */
static bool
params_head(struct fcgi_guard *g)
{
	g->params += g->content;
	if (g->params > FCGI_PARAMS_MAX) {
		g->large = true;
		return refuse(g);
	}
	if (g->content)
		return true;
	if (g->in_pair || g->lengths || g->padding)
		return refuse(g);
	g->phase = FCGI_AT_BODY;
	g->asked = true;
	return true;
}

static bool
take_head(struct fcgi_guard *g)
{
	const unsigned char *h = g->head;
	unsigned id = (unsigned)h[2] << 8 | h[3];

	g->head_n = 0;
	g->content = (uint32_t)h[4] << 8 | h[5];
	g->padding = h[6];
	if (g->phase == FCGI_AT_BEGIN)
		return fcgi_record_begins(h, &g->id) || refuse(g);
	if (h[0] != VERSION || id != g->id)
		return refuse(g);
	if (g->phase == FCGI_AT_PARAMS && h[1] == FCGI_PARAMETERS)
		return params_head(g);
	if (g->phase != FCGI_AT_BODY || h[1] != FCGI_IN)
		return refuse(g);
	if (!g->content)
		g->phase = FCGI_AT_END;
	return true;
}

static size_t
take_content(struct fcgi_guard *g, const unsigned char *p, size_t n)
{
	size_t step = least(g->content, n);

	if (g->phase == FCGI_AT_BEGIN)
		step = take_begin(g, *p);
	else if (g->phase == FCGI_AT_PARAMS)
		step = take_params(g, p, step);
	g->content -= (uint32_t)step;
	return step;
}

static size_t
take_padding(struct fcgi_guard *g, size_t n)
{
	size_t step = least(g->padding, n);

	g->padding -= (uint32_t)step;
	return step;
}

static size_t
take_some(struct fcgi_guard *g, const unsigned char *p, size_t n)
{
	if (!g->head_n && g->content)
		return take_content(g, p, n);
	if (!g->head_n && g->padding)
		return take_padding(g, n);
	g->head[g->head_n++] = *p;
	return g->head_n < FCGI_HEAD_BYTES || take_head(g);
}

size_t
fcgi_guard_take(struct fcgi_guard *g, const char *bytes, size_t n)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t i = 0;

	while (i < n && g->phase < FCGI_AT_END)
		i += take_some(g, p + i, n - i);
	return i;
}
