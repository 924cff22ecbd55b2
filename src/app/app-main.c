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

  setlocale (LC_ALL, "");
  bindtextdomain (POSTROOM_GETTEXT_PACKAGE, POSTROOM_LOCALE_DIR);
  bind_textdomain_codeset (POSTROOM_GETTEXT_PACKAGE, "UTF-8");
  textdomain (POSTROOM_GETTEXT_PACKAGE);

  engine_prepare ();
  application = app_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
