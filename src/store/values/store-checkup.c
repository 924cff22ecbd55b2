/* SPDX-License-Identifier: MIT */
#include "store-checkup.h"

guint
store_checkup_count (const StoreCheckup *checkup)
{
  return checkup->misplaced + checkup->lost + checkup->adopted + checkup->trashed + checkup->changed
         + checkup->unindexed + checkup->stranded;
}
