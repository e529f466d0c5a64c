using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;

namespace Osmo.Cli.Login;

/// <summary>Exchanges an access token for a short-lived JWT.</summary>
internal static class TokenExchange
{
    private const string Path = "api/auth/jwt/access_token";

    /// <returns>The JWT; null where the gateway exchanges no tokens.</returns>
    /// <exception cref="CliError">The gateway refuses the token, or cannot be reached.</exception>
    public static async Task<string?> ExchangeAsync(HttpClient http, string accessToken, CancellationToken cancellationToken)
    {
        try
        {
            var body = new JsonObject { ["token"] = accessToken }.ToJsonString();
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(Path, UriKind.Relative), content, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            {
                return null;
            }

            if (!answer.IsSuccessStatusCode)
            {
                var refusal = Refusal.Of(answer.StatusCode, text);
                throw new CliError(
                    $"Unable to refresh login token (status code {(int)answer.StatusCode}): {refusal.Message}\n"
                    + "Please re-login with \"osmo login\"",
                    refusal.ExitCode);
            }

            return (string?)new GatewayAnswer(text, null, $"{http.BaseAddress}{Path}").Object()["token"]
                ?? throw new CliError($"{http.BaseAddress}{Path} answered without a token.", ExitCode.Unreachable);
        }
        catch (HttpRequestException failure)
        {
            throw GatewayClient.Unreachable(http.BaseAddress!, failure);
        }
    }
}
