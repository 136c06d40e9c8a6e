"""HTTP: the app, access rules, headers, limits, forms, menus, the JSON API."""
