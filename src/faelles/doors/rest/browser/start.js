SwaggerUIBundle({ url: "/schema", dom_id: "#api", deepLinking: true, docExpansion: "none", filter: true, validatorUrl: null });
