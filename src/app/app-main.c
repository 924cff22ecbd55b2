/* SPDX-License-Identifier: MIT */
#include "app-application.h"

#include <engine-office.h>

#include <glib/gi18n.h>
#include <locale.h>
#include <postroom-config.h>

int
main (int argc, char **argv)
{
  g_autoptr (AppApplication) application = NULL;
  const char *texts = g_getenv ("POSTROOM_LOCALE_DIR");

  setlocale (LC_ALL, "");
  /* In a build tree the translations are not where they will be installed. */
  bindtextdomain (POSTROOM_GETTEXT_PACKAGE, texts ? texts : POSTROOM_LOCALE_DIR);
  bind_textdomain_codeset (POSTROOM_GETTEXT_PACKAGE, "UTF-8");
  textdomain (POSTROOM_GETTEXT_PACKAGE);

  engine_prepare ();
  application = app_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
