using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Signing;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access.Routes;

/// <summary>The keys that sign log-ins.</summary>
internal static class SigningKeyRoutes
{
    public static void MapSigningKeyRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/auth/keys", ListAsync)
            .OpenToEverybody()
            .WithTags("Access")
            .WithSummary("The public keys that log-ins are verified by (JWKS)");
        routes.MapPost("/api/auth/keys/rotate", RotateAsync)
            .WithTags("Access")
            .WithSummary("Sign with a new key; log-ins that older ones signed stay valid until they end");
        routes.MapDelete("/api/auth/keys/{id}", RevokeAsync)
            .WithTags("Access")
            .WithSummary("Take a key away, with every log-in that it signed")
            .WithDescription("For a key that somebody else may have. Clients log in anew by themselves, for their tokens stay valid.");
    }

    private static async Task<Ok<JwkList>> ListAsync(SigningKeys keys, CancellationToken cancellationToken)
    {
        var published = await keys.PublishAsync(cancellationToken);
        return TypedResults.Ok(new JwkList(
            [.. published.Select(key => new Jwk("RSA", "sig", "RS256", key.Id, key.Modulus, key.Exponent))]));
    }

    private static async Task<Ok<KeyName>> RotateAsync(HttpContext context, SigningKeys keys, TimeProvider time) => TypedResults.Ok(
        new KeyName(await keys.RotateAsync(target => RequestAudit.Take(context, time, "create", target), context.RequestAborted)));

    private static async Task<Ok<KeyName>> RevokeAsync(HttpContext context, string id, SigningKeys keys, TimeProvider time) =>
        await keys.RevokeAsync(id, RequestAudit.Take(context, time, "delete", $"signing-key/{id}"), context.RequestAborted)
            ? TypedResults.Ok(new KeyName(id))
            : throw new OsmoException(ErrorCode.NotFound, "There is no such key. GET /api/auth/keys lists them.");
}

/// <summary>Public keys.</summary>
internal sealed record JwkList(IReadOnlyList<Jwk> Keys);

/// <summary>A public key (RFC 7517).</summary>
internal sealed record Jwk(string Kty, string Use, string Alg, string Kid, string N, string E);

/// <summary>Which key.</summary>
internal sealed record KeyName(string Kid);
