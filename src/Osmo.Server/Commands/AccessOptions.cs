using System.CommandLine;
using Osmo.Access.Recognition;
using Osmo.Domain.Errors;
using Osmo.Gateway;
using Osmo.Gateway.Access.Oidc;
using Osmo.Server.Hosting;

namespace Osmo.Server.Commands;

/// <summary>The command line's options of access control, beside the tokens from files.</summary>
internal sealed class AccessOptions
{
    private const int RequestsPerSecondMax = 1_000_000;
    private const int TokenDaysMax = 3_650;
    private const int AuditDaysMax = 36_500;
    private const string ProxiesVariable = "OSMO_TRUSTED_PROXIES";

    private readonly Option<string?> _issuer = new("--oidc-issuer")
    {
        Description = "The identity provider (OpenID Connect) whose log-ins are accepted, as they name it.",
        HelpName = "URL",
    };

    private readonly Option<string?> _client = new("--oidc-client-id")
    {
        Description = "The provider's client that people log in as; one without a secret.",
        HelpName = "ID",
    };

    private readonly Option<string?> _audience = new("--oidc-audience")
    {
        Description = "Whom the provider's log-ins may be for beside the client.",
        HelpName = "NAME",
    };

    private readonly Option<string> _rolesClaim = new("--oidc-roles-claim")
    {
        Description = "The claim with the names of roles, such as roles or realm_access.roles.",
        HelpName = "CLAIM",
        DefaultValueFactory = _ => "roles",
    };

    private readonly Option<string> _userClaim = new("--oidc-user-claim")
    {
        Description = "The claim with the user's name.",
        HelpName = "CLAIM",
        DefaultValueFactory = _ => "preferred_username",
    };

    private readonly Option<int> _requests = Number(
        "--requests-per-second", RequestsPerSecondMax, 1_000, "Requests per second of each token, on average.");

    private readonly Option<int> _tokenDays = Number("--token-days-max", TokenDaysMax, 365, "Most days that an access token may last.");

    private readonly Option<int> _auditDays = Number(
        "--audit-days", AuditDaysMax, GatewayOptions.AuditDaysDefault, "For how many days events stay in the audit trail.");

    private readonly Option<string[]> _proxies = new("--trusted-proxies")
    {
        Description = "Addresses of proxies (such as 10.0.0.0/8) whose X-Forwarded-For is believed; "
            + $"{ProxiesVariable}, with commas between, where it is not given.",
        HelpName = "CIDR",
        AllowMultipleArgumentsPerToken = true,
    };

    public void AddTo(Command command)
    {
        Option[] options = [_issuer, _client, _audience, _rolesClaim, _userClaim, _requests, _tokenDays, _auditDays, _proxies];
        Array.ForEach(options, command.Options.Add);
    }

    /// <summary>Puts what the command line says into the server's settings.</summary>
    /// <exception cref="OsmoException">The options do not go together.</exception>
    public void Read(ParseResult parsed, OsmoServerOptions options)
    {
        options.Limits = new AccessLimits
        {
            RequestsPerSecond = parsed.GetValue(_requests),
            TokenDaysMax = parsed.GetValue(_tokenDays),
        };
        options.AuditDays = parsed.GetValue(_auditDays);
        options.TrustedProxies = TrustedNetworks.Parse(
            parsed.GetValue(_proxies) is { Length: > 0 } given ? given : [Environment.GetEnvironmentVariable(ProxiesVariable) ?? ""]);
        var (issuer, client) = (parsed.GetValue(_issuer), parsed.GetValue(_client));
        if (issuer is null && client is null)
        {
            return;
        }

        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var url) || client is null)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "An identity provider needs both: --oidc-issuer with its URL, and --oidc-client-id with the client that people log in as.");
        }

        options.Oidc = new OidcOptions
        {
            Issuer = url,
            ClientId = client,
            Audience = parsed.GetValue(_audience),
            RolesClaim = parsed.GetRequiredValue(_rolesClaim),
            UserClaim = parsed.GetRequiredValue(_userClaim),
        };
    }

    private static Option<int> Number(string name, int most, int usual, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "NUMBER", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && int.TryParse(given.Value, out var number) && (number < 1 || number > most))
            {
                result.AddError($"{name} must be from 1 to {most}.");
            }
        });
        return option;
    }
}
