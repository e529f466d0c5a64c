using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Api;

/// <summary>Where the next page of a list begins. Version -1: an inconsistent continuation at the newest version.</summary>
internal sealed record ContinueToken(long Version, string After)
{
    private const string ApiVersion = "meta.k8s.io/v1";

    /// <summary>Throws a 400 for anything that is no token of this server.</summary>
    public static ContinueToken Parse(string text)
    {
        try
        {
            var json = Json.Parse(Base64Url.DecodeFromChars(text)) as JsonObject;
            var start = json.Text("start")?.TrimStart('/');
            if (json.Text("v") != ApiVersion || json!["rv"] is not { } version || string.IsNullOrEmpty(start))
            {
                throw Failures.BadRequest(
                    "invalid continue token: continue key is not valid: server does not recognize this encoded version");
            }

            return new ContinueToken(version.GetValue<long>(), start);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentException)
        {
            throw Failures.BadRequest("invalid continue token: continue key is not valid: " + e.Message);
        }
    }

    public override string ToString()
    {
        // The real server writes the start with a slash, but for an inconsistent continuation without.
        var json = new JsonObject { ["v"] = ApiVersion, ["rv"] = Version, ["start"] = Version < 0 ? After : "/" + After };
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    /// <summary>The token that continues after a node of this name.</summary>
    public static ContinueToken Following(long version, string name) => new(version, name + "\0");
}
