/* batch.c - a Bundle of requests taken apart, and its answers put together
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/batch.h"

#include <string.h>
#include <strings.h>

/* ---- one entry --------------------------------------------------------------- */

static bool
refuse(struct batch_entry *to, enum err_kind kind, const char *said)
{
	*to = (struct batch_entry){ .refused = kind, .said = said };
	return false;
}

/* The http verbs of FHIR; the other ones are known, so that whoever sends them
 * is told that nothing is written here. */
static bool
read_method(struct batch_entry *to, enum fhir_version face, struct str method)
{
	static const char *const served[] = {
		[BATCH_GET] = "GET",
		[BATCH_HEAD] = "HEAD",
		[BATCH_POST] = "POST",
	};
	static const char *const writes[] = { "PUT", "PATCH", "DELETE" };
	size_t i;

	for (i = 0; i < COUNT(writes); i++)
		if (str_is(method, writes[i]))
			return refuse(to, ERR_INTERACTION, NULL);
	for (i = 0; i < COUNT(served); i++)
		if (str_is(method, served[i])) {
			to->method = (enum batch_method)i;
			return i != BATCH_HEAD || face == FHIR_R4 ||
			       refuse(to, ERR_INTERACTION,
				   "HEAD is a method of R4 batches. Use GET.");
		}
	return refuse(to, ERR_ENTRY,
	    "The method of an entry is GET, or POST for _search, in upper case "
	    "letters.");
}

/* Scheme and host in letters of either case, the path as it is. */
static bool
below(struct str base, struct str url, struct str *rest)
{
	struct str host = base;
	const char *at =
	    base.len > 8 ? memchr(base.at + 8, '/', base.len - 8) : NULL;

	if (!base.len || url.len < base.len)
		return false;
	host.len = at ? (size_t)(at - base.at) : base.len;
	*rest = (struct str){ url.at + base.len, url.len - base.len };
	return !strncasecmp(url.at, base.at, host.len) &&
	       !memcmp(url.at + host.len, base.at + host.len,
		   base.len - host.len) &&
	       (!rest->len || rest->at[0] == '/' || rest->at[0] == '?');
}

/* Types, ids, _search, $operations; everything else needs an escape or leads
 * elsewhere. */
static bool
path_plain(struct str p)
{
	size_t i;

	for (i = 0; i < p.len; i++) {
		char c = p.at[i], next = i + 1 < p.len ? p.at[i + 1] : '/';

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || (c && strchr("/.-_$", c))))
			return false;
		if (c == '/' && i + 1 < p.len && (next == '/' || next == '.'))
			return false;
	}
	return p.len > 1 && p.at[0] == '/';
}

static bool
query_plain(struct str q)
{
	size_t i;

	for (i = 0; i < q.len; i++)
		if ((unsigned char)q.at[i] < ' ' || q.at[i] == 0x7f ||
		    q.at[i] == '#')
			return false;
	return true;
}

static bool
refuse_url(struct batch_entry *to)
{
	return refuse(to, ERR_ENTRY,
	    "The url of an entry is a type with an id or with a search, such "
	    "as Patient/1 or Condition?patient=1, relative to the address that "
	    "the batch is sent to or below it, without fragment.");
}

static bool
read_url(struct arena *a, const struct batch_ask *ask, struct batch_entry *to,
    struct str url)
{
	struct str rest = url;

	if (url.len > BATCH_URL_BYTES_MAX)
		return refuse(to, ERR_ADDRESS_LONG,
		    "The url of an entry is longer than any that is read.");
	if (!below(ask->bases[0], url, &rest) &&
	    !below(ask->bases[1], url, &rest)) {
		if (str_starts(url, "./"))
			rest = (struct str){ url.at + 1, url.len - 1 };
		else if (url.len && url.at[0] != '/')
			rest = str_of(arena_printf(a, "/%.*s", STR_FMT(url)));
		else
			rest = url;
	}
	to->path = str_cut(rest, '?', &to->query);
	if (to->method == BATCH_POST && (!to->path.len || to->path.len == 1))
		return refuse(to, ERR_ENTRY,
		    "A batch may not hold another batch. Send its entries "
		    "themselves.");
	return (path_plain(to->path) && query_plain(to->query)) ||
	       refuse_url(to);
}

/* The parameters of a search by POST are a form, which no resource is. */
static bool
read_resource(struct batch_entry *to, const struct tree_node *entry)
{
	struct str rest, path = to->path;

	if (to->method != BATCH_POST || !tree_get(entry, "resource"))
		return true;
	path = str_cut((struct str){ path.at + 1, path.len - 1 }, '/', &rest);
	return !str_is(rest, "_search") ||
	       refuse(to, ERR_ENTRY,
		   "A search in a batch has its parameters in the url; a "
		   "resource cannot hold them.");
}

static void
read_entry(struct arena *a, const struct batch_ask *ask,
    const struct tree_node *entry, struct batch_entry *to)
{
	const struct tree_node *request = tree_get(entry, "request");

	if (!tree_is(request, TREE_OBJECT)) {
		refuse(to, ERR_ENTRY,
		    "The entry has no request with method and url.");
		return;
	}
	if (read_method(to, ask->face, tree_str(request, "method")) &&
	    read_url(a, ask, to, tree_str(request, "url")) &&
	    read_resource(to, entry))
		to->none_match = tree_str(request, "ifNoneMatch");
}

/* ---- the whole batch ----------------------------------------------------------- */

static bool
is_batch(const struct tree_node *root, struct err *e)
{
	struct str type = tree_str(root, "type");

	if (!str_is(tree_str(root, "resourceType"), "Bundle"))
		return err_set(e, ERR_MALFORMED,
		    "What is posted to this address is a Bundle of type "
		    "batch.");
	if (str_is(type, "transaction"))
		return err_set(e, ERR_MALFORMED,
		    "Transactions are not run here: nothing can be written. "
		    "Send a Bundle of type batch to read several records.");
	return str_is(type, "batch") ||
	       err_set(e, ERR_MALFORMED,
		   "The Bundle that is posted to this address has the type "
		   "batch, in these letters.");
}

static bool
entries_fit(
    const struct tree_node *entries, size_t n, size_t max, struct err *e)
{
	if (entries && !tree_is(entries, TREE_ARRAY))
		return err_set(
		    e, ERR_MALFORMED, "The entry of a Bundle is a list.");
	return n <= max || err_set(e, ERR_TOO_LARGE,
			       "A batch holds at most %zu entries. Send "
			       "several batches.",
			       max);
}

bool
batch_read(struct arena *a, const struct batch_ask *ask, struct batch *b,
    struct err *e)
{
	struct tree_limits lim = ask->limits;
	struct tree_node *root, *entries, *entry;

	*b = (struct batch){ .n = 0 };
	lim.object = true;
	if (!(root = tree_read(a, ask->body, &lim, e)) || !is_batch(root, e))
		return false;
	entries = tree_get(root, "entry");
	if (!entries_fit(entries, tree_count(entries), ask->entries_max, e))
		return false;
	b->entry = arena_get(a, tree_count(entries) * sizeof *b->entry);
	tree_each(entry, entries) read_entry(a, ask, entry, &b->entry[b->n++]);
	return true;
}

/* ---- answers -------------------------------------------------------------------- */

static bool
said_before(const struct batch_answer *answers, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (answers[j].body.len && !answers[j].failed &&
		    str_eq(answers[j].full_url, answers[i].full_url))
			return true;
	return false;
}

/* DSTU2 wants a fullUrl for whatever is in an entry; a made-up one is as good
 * as any, as long as it differs. */
static void
put_full_url(struct buf *b, enum fhir_version v,
    const struct batch_answer *answers, size_t i, const char *seed)
{
	const struct batch_answer *w = &answers[i];

	if (w->full_url.len && !w->failed && !said_before(answers, i)) {
		buf_str(b, "\"fullUrl\":");
		buf_json(b, w->full_url.at, w->full_url.len);
		buf_char(b, ',');
	} else if (v == FHIR_DSTU2) {
		buf_fmt(b,
		    "\"fullUrl\":\"urn:uuid:%.8s-%.4s-4%.3s-8%.3s-%012zx\",",
		    seed + 12, seed + 20, seed + 24, seed + 27, i);
	}
}

static void
put_member(struct buf *b, const char *before, struct str text)
{
	if (!text.len)
		return;
	buf_str(b, before);
	buf_json(b, text.at, text.len);
}

static void
put_response(struct buf *b, const struct batch_answer *w, bool outcome)
{
	put_member(b, "\"response\":{\"status\":", str_of(w->status));
	put_member(b, ",\"etag\":", w->etag);
	put_member(b, ",\"lastModified\":", w->last_modified);
	if (outcome) {
		buf_str(b, ",\"outcome\":");
		buf_put(b, w->body.at, w->body.len);
	}
	buf_char(b, '}');
}

void
batch_write(struct buf *b, enum fhir_version v,
    const struct batch_answer *answers, size_t n, const char *seed)
{
	size_t i;

	buf_str(b, "{\"resourceType\":\"Bundle\",\"type\":\"batch-response\"");
	for (i = 0; i < n; i++) {
		const struct batch_answer *w = &answers[i];
		bool outcome = w->body.len && w->failed && v != FHIR_DSTU2;

		buf_str(b, i ? ",{" : ",\"entry\":[{");
		if (w->body.len && !outcome) {
			put_full_url(b, v, answers, i, seed);
			buf_str(b, "\"resource\":");
			buf_put(b, w->body.at, w->body.len);
			buf_char(b, ',');
		}
		put_response(b, w, outcome);
		buf_char(b, '}');
	}
	buf_str(b, n ? "]}" : "}");
}
