/* SPDX-License-Identifier: MIT */
#include "store-found.h"

void
store_notice_free (StoreNotice *notice)
{
  g_free (notice->text);
  g_free (notice);
}

void
store_found_free (StoreFound *found)
{
  store_letter_free (found->letter);
  g_free (found->snippet);
  g_clear_pointer (&found->marks, g_array_unref);
  g_free (found);
}

StoreFindings *
store_findings_new (void)
{
  StoreFindings *findings = g_new0 (StoreFindings, 1);

  findings->letters = g_ptr_array_new_with_free_func ((GDestroyNotify) store_found_free);
  findings->notices = g_ptr_array_new_with_free_func ((GDestroyNotify) store_notice_free);
  return findings;
}

void
store_findings_free (StoreFindings *findings)
{
  g_ptr_array_unref (findings->letters);
  g_ptr_array_unref (findings->notices);
  g_free (findings);
}
