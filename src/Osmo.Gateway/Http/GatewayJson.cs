using System.Text.Json;

namespace Osmo.Gateway.Http;

/// <summary>JSON as the gateway writes and reads it where it does so itself: names in lower case with underscores.</summary>
internal static class GatewayJson
{
    public static JsonNamingPolicy Names => JsonNamingPolicy.SnakeCaseLower;

    public static JsonSerializerOptions Options { get; } = new() { PropertyNamingPolicy = Names };
}
