/* search_map.h - a face's search parameter as another version asks for it
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, codes and code systems that changed between the versions, as tables.
 * Where one code became several, or several one, what is asked finds at least
 * all that are wanted; `exact` says whether it finds no others. */
#ifndef FHIR_SEARCH_MAP_H
#define FHIR_SEARCH_MAP_H

#include "fhir/search.h"

struct search_mapped {
	const struct iface_param *param; /* of the provider's version; NULL: it
	                                    has none that could be asked */
	struct str value;                /* FHIR's \ escapes in it */
	bool exact; /* what is found matches: no need to look again */
};

/* search_map - p of a face, for a provider of version `to`. Strings, dates, ids
 * and references keep their value; a token's system is spelled as in `to`, for
 * R4 in the older spelling as well, for records that never were rewritten. */
struct search_mapped search_map(struct arena *a, enum iface_type t,
    enum fhir_version face, enum fhir_version to, const struct search_param *p);

/* search_map_param - the same for the name alone, as in _sort. NULL: none. */
const struct iface_param *search_map_param(enum iface_type t,
    enum fhir_version face, enum fhir_version to, const struct iface_param *p);

#endif
