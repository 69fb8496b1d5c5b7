// Shows the OpenAPI document; requests tried from the page carry its CSRF token.
"use strict";

const place = document.getElementById("swagger");
const token = document.querySelector("meta[name=csrf-token]").content;

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = token;
    return request;
  },
});
