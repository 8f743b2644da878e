"""Which files of which npm packages the pages use; nothing else of node_modules is served."""

from pathlib import Path

from django.conf import settings

NODE_MODULES = Path(settings.BASE_DIR) / "node_modules"
PREFIX = "npm/"

# Path inside node_modules -> served as static "npm/<path>". The .map files are there because the
# minified files name them, and the manifest storage refuses a name it cannot find.
NPM_FILES: tuple[str, ...] = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.min.css.map",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/core/dist/js/tabler.min.js.map",
    "echarts/dist/echarts.min.js",
    "echarts/i18n/langEN.js",
    "echarts/i18n/langZH.js",
)
ICONS = NODE_MODULES / "@tabler" / "icons" / "icons" / "outline"
