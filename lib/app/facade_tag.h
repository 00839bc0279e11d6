/* facade_tag.h - entity tags that are good for one hospital only
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same URL is another record for another token, and hospitals number the
 * versions of their records alike: W/"1" of one must not be taken for W/"1" of
 * the other, or a client would go on showing the first one's record for the
 * second one's patient. So a mark of the tenant, its provider's revision and
 * the FHIR version stands in every tag that goes out, and a tag that comes
 * back without the mark of this request's is not passed on. */
#ifndef APP_FACADE_TAG_H
#define APP_FACADE_TAG_H

#include "base/arena.h"
#include "base/enc.h"
#include "fhir/version.h"

/* tag_mark - what stands in the tags of one tenant; borrowed from a. */
struct str tag_mark(struct arena *a, const struct guid *tenant,
    int64_t revision, enum fhir_version v);

/* tag_outward - a provider's ETag (RFC 9110 8.8.3) as ours, NUL-terminated,
 * weak or strong as it was. NULL: it is none, or too long. */
const char *tag_outward(struct arena *a, struct str mark, struct str etag);

/* tag_inward - If-None-Match as the provider knows it: of the list the tags
 * with this mark, without it. Absent: there are none; a star is none. */
struct str tag_inward(struct arena *a, struct str mark, struct str field);

/* tag_meets - is a tag of ours in If-None-Match? By weak comparison (RFC 9110
 * 8.8.3.2).
 *   etag  as tag_outward gave it; NULL: no */
bool tag_meets(struct str field, const char *etag);

#endif
