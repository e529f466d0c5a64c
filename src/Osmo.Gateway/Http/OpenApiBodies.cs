using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace Osmo.Gateway.Http;

/// <summary>Describes request bodies that endpoints read themselves.</summary>
internal static class OpenApiBodies
{
    /// <summary>
    /// Documents a JSON body. Only documents: a body is read as JSON whatever its content type says, because curl calls
    /// everything a form.
    /// </summary>
    public static RouteHandlerBuilder TakesJson(this RouteHandlerBuilder endpoint, string description, string contentType) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [contentType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object } },
                },
            };
            return Task.CompletedTask;
        });
}
