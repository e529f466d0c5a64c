using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Login;

/// <summary>What an identity provider gave out.</summary>
/// <param name="IdToken">The JWT for the gateway.</param>
/// <param name="RefreshToken">What the next one can be had for; null where there is none.</param>
internal sealed record IssuedTokens(string IdToken, string? RefreshToken);

/// <summary>The provider at which users of a gateway log in (OpenID Connect, device authorization).</summary>
/// <param name="http">Speaks to it.</param>
/// <param name="tokenEndpoint">Where tokens are given out.</param>
/// <param name="clientId">The name of this client there.</param>
internal sealed class IdentityProvider(HttpClient http, Uri tokenEndpoint, string clientId)
{
    private const string Scope = "openid offline_access profile";
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const int IntervalSecondsDefault = 5;
    private const int IntervalSecondsMax = 60;
    private const int SlowDownSeconds = 5;
    private const int ExpirySecondsDefault = 600;

    /// <summary>Has somebody enter a code on another device, and waits until it is done.</summary>
    public async Task<IssuedTokens> LogInByCodeAsync(Uri deviceEndpoint, CliTerminal terminal, CancellationToken cancellationToken)
    {
        var (_, device) = await PostAsync(deviceEndpoint, [new("client_id", clientId), new("scope", Scope)], cancellationToken);
        var code = Text(device, "device_code") ?? throw Refused(deviceEndpoint, device);
        var message = Text(device, "message")
            ?? $"To log in, open {Text(device, "verification_uri")} in a browser and enter the code {Text(device, "user_code")}";
        await terminal.Out.WriteLineAsync(Printable.Lines(message));
        if (Text(device, "verification_uri_complete") is { } whole)
        {
            await terminal.Out.WriteLineAsync($"or open {Printable.Line(whole)}");
        }

        var interval = Math.Clamp(Number(device, "interval") ?? IntervalSecondsDefault, 0, IntervalSecondsMax);
        var ends = terminal.Time.GetUtcNow().AddSeconds(Number(device, "expires_in") ?? ExpirySecondsDefault);
        while (terminal.Time.GetUtcNow() < ends)
        {
            await Task.Delay(TimeSpan.FromSeconds(interval), terminal.Time, cancellationToken);
            var (status, answer) = await PostAsync(
                tokenEndpoint,
                [new("grant_type", DeviceGrant), new("device_code", code), new("client_id", clientId)],
                cancellationToken);
            switch (Text(answer, "error"))
            {
                case "authorization_pending":
                    break;
                case "slow_down":
                    interval += SlowDownSeconds;
                    break;
                case null when status == HttpStatusCode.OK:
                    return Issued(answer);
                default:
                    throw Refused(tokenEndpoint, answer);
            }
        }

        throw new CliError("Nobody entered the code in time. Run 'osmo login' again.");
    }

    /// <summary>Has new tokens for a refresh token.</summary>
    public async Task<IssuedTokens> RefreshAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var (status, answer) = await PostAsync(
            tokenEndpoint,
            [new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("client_id", clientId)],
            cancellationToken);
        return status == HttpStatusCode.OK ? Issued(answer) : throw Refused(tokenEndpoint, answer);
    }

    private static IssuedTokens Issued(JsonObject answer) => new(
        Text(answer, "id_token") ?? throw new CliError("The identity provider gave out no id_token. Ask its administrator."),
        Text(answer, "refresh_token"));

    private static CliError Refused(Uri endpoint, JsonObject answer)
    {
        var why = Text(answer, "error_description") ?? Text(answer, "error") ?? "no reason given";
        return new CliError($"{endpoint.Host} refused the log-in: {why}. Run 'osmo login' again.");
    }

    private async Task<(HttpStatusCode Status, JsonObject Body)> PostAsync(
        Uri endpoint, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new FormUrlEncodedContent(form);
            using var answer = await http.PostAsync(endpoint, content, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            return (answer.StatusCode, new GatewayAnswer(text, null, endpoint.ToString()).Object());
        }
        catch (HttpRequestException failure)
        {
            throw new CliError($"{endpoint.Host} cannot be reached: {failure.Message}", ExitCode.Unreachable);
        }
    }

    private static string? Text(JsonObject json, string name) => json[name]?.ToString();

    private static double? Number(JsonObject json, string name) =>
        double.TryParse(Text(json, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
