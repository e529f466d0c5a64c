using Osmo.Domain.Errors;
using Osmo.Gateway;
using Osmo.Gateway.Calls;

namespace Osmo.Server.Hosting;

/// <summary>Reads the tokens that the gateway knows callers by.</summary>
internal static class TokenFiles
{
    private const int CharsMin = 16;

    /// <summary>The gateway's settings: both tokens, or the development mode where there are none.</summary>
    /// <exception cref="OsmoException">A file cannot be used, or the two do not go together; the message says what to do.</exception>
    public static GatewayOptions Read(OsmoServerOptions options)
    {
        var gateway = new GatewayOptions
        {
            AdminToken = Read(options.AdminTokenFile, "--admin-token-file"),
            AgentToken = Read(options.AgentTokenFile, "--agent-token-file"),
            Limits = options.Limits,
            Oidc = options.Oidc,
            AuditDays = options.AuditDays,
            TrustedProxies = options.TrustedProxies,
            Calls = new BackendCallOptions { CallTimeout = TimeSpan.FromSeconds(options.CallSeconds) },
        };
        RequireTwo(gateway);
        gateway.DeveloperMode = gateway.AdminToken is null && gateway.AgentToken is null;
        RequireSafe(gateway);
        return gateway;
    }

    /// <summary>With one token alone, or the same in both places, an agent could do what only an administrator should.</summary>
    private static void RequireTwo(GatewayOptions gateway)
    {
        if ((gateway.AdminToken is null) != (gateway.AgentToken is null))
        {
            var missing = gateway.AdminToken is null ? "--admin-token-file" : "--agent-token-file";
            throw new OsmoException(
                ErrorCode.Invalid,
                $"Only one of the two tokens is given. Give {missing} as well, with a token of its own, or none of them.");
        }

        if (gateway.AdminToken is not null && gateway.AdminToken == gateway.AgentToken)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "--admin-token-file and --agent-token-file hold the same token, so every agent would be an administrator. "
                + "Make a second one with: head -c 32 /dev/urandom | base64 > agent.token");
        }
    }

    /// <summary>Log-ins mean nothing where everybody may do everything; and what verifies them must come from the provider alone.</summary>
    private static void RequireSafe(GatewayOptions gateway)
    {
        if (gateway.Oidc is not { } oidc)
        {
            return;
        }

        if (gateway.DeveloperMode)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "With an identity provider the server needs tokens, too, or it would let everybody in. "
                + "Give --admin-token-file and --agent-token-file.");
        }

        if (oidc.Issuer.Scheme != Uri.UriSchemeHttps && !ListenUrl.IsLoopback(oidc.Issuer))
        {
            throw new OsmoException(ErrorCode.Invalid, "--oidc-issuer must be an https URL: whoever sits on the way could make log-ins.");
        }
    }

    private static string? Read(string? file, string option)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            var token = File.ReadAllText(file).Trim();
            return token.Length >= CharsMin
                ? token
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    $"The token in {file} ({option}) has fewer than {CharsMin} characters. "
                    + $"Make one with: head -c 32 /dev/urandom | base64 > {file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OsmoException(ErrorCode.Invalid, $"The token file {file} ({option}) cannot be read: {failure.Message}");
        }
    }
}
