/* metrics_text.h - the cells of the metrics as text for Prometheus
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_METRICS_TEXT_H
#define APP_METRICS_TEXT_H

#include "base/buf.h"
#include "gate/meter_cells.h"

/* metrics_text_family - what comes before the samples of one metric, whose name
 * gets wardgate_ in front. */
void metrics_text_family(
    struct buf *b, const char *name, const char *type, const char *help);

/* metrics_text_cells - all metrics that are in the cells. What has not come yet
 * and would be one of many is left out. */
void metrics_text_cells(struct buf *b, const struct meter_cells *c);

#endif
