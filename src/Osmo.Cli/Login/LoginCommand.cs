using System.CommandLine;
using System.Net;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Profiles;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Login;

/// <summary><c>osmo login</c>: remembers a gateway and who asks there.</summary>
internal sealed class LoginCommand
{
    private const string Details = """
        Methods:
          code   open a page on any device and enter a code there; for people, where the gateway has an identity provider
          token  an access token, made with 'osmo token set'; for programs
          dev    a name, without any proof; only for gateways in development mode

        The log-in is kept in profiles.json under $OSMO_CONFIG_FILE_DIR, $XDG_CONFIG_HOME/osmo or ~/.config/osmo, readable for you alone.

        Examples:
          osmo login https://osmo.example.com
          osmo login https://osmo.example.com --method token --token-file my.token
          osmo login http://127.0.0.1:8080 --method dev --username alice --profile local
        """;

    private readonly CliTerminal _terminal;
    private readonly GatewayOptions _gateway;

    private readonly Argument<string?> _url = new("URL")
    {
        Description = "The gateway's address; the profile's where it is not given.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _method = new("--method") { Description = "code, token or dev.", HelpName = "METHOD" };
    private readonly Option<string?> _username = new("--username") { Description = "The name, for --method dev.", HelpName = "NAME" };
    private readonly Option<string?> _token = new("--token")
    {
        Description = "The access token, for --method token. Others on this machine can see it: --token-file is better.",
        HelpName = "TOKEN",
    };

    private readonly Option<string?> _deviceEndpoint = new("--device-endpoint")
    {
        Description = "Where a code is asked for, instead of what the gateway says.",
        HelpName = "URL",
    };

    private LoginCommand(GatewayOptions gateway, CliTerminal terminal)
    {
        _gateway = gateway;
        _terminal = terminal;
        _method.DefaultValueFactory = _ => "code";
        _method.Only(["code", "token", "dev"]);
    }

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var login = new LoginCommand(gateway, terminal);
        var command = new DocumentedCommand("login", "Log in to a gateway.", Details)
        {
            login._url, login._method, login._username, login._token, login._deviceEndpoint,
        };
        command.SetAction(login.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var store = ProfileStore.Load();
        var name = _gateway.ProfileName(parsed) ?? store.Current ?? ProfileStore.NameDefault;
        var known = store.Profiles.GetValueOrDefault(name);
        var address = parsed.GetValue(_url) ?? _gateway.Server(parsed) ?? known?.Server
            ?? throw new CliError("Say where to log in, for example: osmo login https://osmo.example.com", ExitCode.Usage);
        var server = GatewayOptions.ParseServer(address);
        var caFile = _gateway.CaFile(parsed) is { } given ? Path.GetFullPath(given) : known?.CaFile;
        using var http = new HttpClient(TrustedAuthority.Handler(caFile)) { BaseAddress = new Uri($"{server.AbsoluteUri.TrimEnd('/')}/") };
        var login = parsed.GetRequiredValue(_method) switch
        {
            "dev" => await LogInByNameAsync(parsed, http, cancellationToken),
            "token" => await LogInByTokenAsync(parsed, http, cancellationToken),
            _ => await LogInByCodeAsync(parsed, http, cancellationToken),
        };
        if (server is { Scheme: "http", IsLoopback: false })
        {
            await _terminal.Error.WriteLineAsync("osmo: warning: over http everybody on the way can read your token. Use https.");
        }

        store.Put(name, new Profile(server.AbsoluteUri.TrimEnd('/'), caFile, login), makeCurrent: true);
        await _terminal.Out.WriteLineAsync($"Successfully logged in. Welcome {Printable.Line(login.Username)}.");
        return ExitCode.Done;
    }

    private async Task<LoginState> LogInByNameAsync(ParseResult parsed, HttpClient http, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_username) is not { Length: > 0 } name || name.Any(char.IsControl))
        {
            throw new CliError("Say who you are with --username NAME.", ExitCode.Usage);
        }

        await RequireAcceptedAsync(
            http,
            FixedCredential.User(name),
            "The gateway wants a proof, because it is not in development mode. Log in with --method code or --method token.",
            cancellationToken);
        return new LoginState(LoginMethod.Dev, name);
    }

    /// <summary>A log-in that the gateway would not take must not replace the one of before.</summary>
    private static async Task RequireAcceptedAsync(
        HttpClient http, FixedCredential credential, string advice, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("api/profile/settings", UriKind.Relative));
        await credential.ApplyAsync(request, http, cancellationToken);
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                throw new CliError($"{advice} Nothing was changed.");
            }
        }
        catch (HttpRequestException failure)
        {
            throw GatewayClient.Unreachable(http.BaseAddress!, failure);
        }
    }

    private async Task<LoginState> LogInByTokenAsync(ParseResult parsed, HttpClient http, CancellationToken cancellationToken)
    {
        var token = (parsed.GetValue(_token), _gateway.TokenFile(parsed)) switch
        {
            ({ } text, null) => text.Trim(),
            (null, { } file) => TokenOf(GatewayOptions.ReadToken(file)),
            _ => throw new CliError("Give the access token with --token-file FILE (or --token TOKEN).", ExitCode.Usage),
        };
        var jwt = await TokenExchange.ExchangeAsync(http, token, cancellationToken);
        if (jwt is null)
        {
            await RequireAcceptedAsync(
                http,
                FixedCredential.Bearer(token),
                "The gateway does not know this token. Make one with 'osmo token set'.",
                cancellationToken);
            return new LoginState(LoginMethod.Bearer, "", token);
        }

        var claims = JwtClaims.Read(jwt);
        return new LoginState(LoginMethod.Token, claims.Name, token, jwt, claims.ExpiresAt);
    }

    /// <summary>OSMO's token files hold the whole address of the exchange, with the token as a parameter.</summary>
    private static string TokenOf(string text)
    {
        const string Parameter = "access_token=";
        var start = text.IndexOf(Parameter, StringComparison.Ordinal);
        return start < 0 ? text : Uri.UnescapeDataString(text[(start + Parameter.Length)..].Split('&')[0]);
    }

    private async Task<LoginState> LogInByCodeAsync(ParseResult parsed, HttpClient http, CancellationToken cancellationToken)
    {
        const string NoProvider =
            "The gateway has no identity provider. Log in with --method token --token-file FILE, or, where it is a development server, "
            + "with --method dev --username NAME.";
        string? deviceEndpoint, tokenEndpoint, clientId;
        try
        {
            using var answer = await http.GetAsync(new Uri("api/auth/login", UriKind.Relative), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            var refusal = answer.IsSuccessStatusCode ? null : Refusal.Of(answer.StatusCode, text);
            if (refusal is not null)
            {
                throw refusal.IsMissingRoute ? new CliError(NoProvider) : refusal;
            }

            var endpoints = new GatewayAnswer(text, null, $"{http.BaseAddress}api/auth/login").Object();
            deviceEndpoint = parsed.GetValue(_deviceEndpoint) ?? (string?)endpoints["device_endpoint"];
            tokenEndpoint = (string?)endpoints["token_endpoint"];
            clientId = (string?)endpoints["device_client_id"];
        }
        catch (HttpRequestException failure)
        {
            throw GatewayClient.Unreachable(http.BaseAddress!, failure);
        }

        if (!Uri.TryCreate(deviceEndpoint, UriKind.Absolute, out var device)
            || !Uri.TryCreate(tokenEndpoint, UriKind.Absolute, out var tokens) || clientId is null)
        {
            throw new CliError(NoProvider);
        }

        var provider = new IdentityProvider(http, tokens, clientId);
        var issued = await provider.LogInByCodeAsync(device, _terminal, cancellationToken);
        var claims = JwtClaims.Read(issued.IdToken);
        return new LoginState(
            LoginMethod.Code, claims.Name, issued.RefreshToken, issued.IdToken, claims.ExpiresAt, tokens.AbsoluteUri, clientId);
    }
}
