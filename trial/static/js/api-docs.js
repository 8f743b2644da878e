// Draws the API reference from the schema; what is tried out carries the page's CSRF token.
(() => {
  "use strict";

  const place = document.getElementById("api-docs");
  if (!place || !window.SwaggerUIBundle) return;

  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    docExpansion: "list",
    filter: false,
    validatorUrl: null,
    requestInterceptor(request) {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
      return request;
    },
  });
})();
