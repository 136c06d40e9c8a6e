"""HTTP: the app, who may call a route, headers, limits, forms, menus, the JSON API."""
