using System.Text.Json.Nodes;
using Osmo.Access.Secrets;
using Osmo.Configs;
using Osmo.Configs.Secrets;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Configs;

public sealed class ConfigSecretsTests
{
    private const string Auth = "backend_images.credential.auth";

    private readonly ConfigSecrets _secrets = new(SecretsKeyRing.Parse(SecretsKeyRing.NewKeyText(), "the test"));

    [Theory]
    [InlineData("WORKFLOW", """{"backend_images": {"credential": {"auth": "s3cr3t"}}}""")]
    [InlineData("WORKFLOW", """{"workflow_alerts": {"slack_token": "s3cr3t", "smtp_settings": {"password": "s3cr3t"}}}""")]
    [InlineData("WORKFLOW", """{"workflow_data": {"credential": {"access_key": "s3cr3t"}}}""")]
    [InlineData("SERVICE", """{"service_auth": {"keys": {"a": {"private_key": "s3cr3t"}, "b.c": {"private_key": "s3cr3t"}}}}""")]
    [InlineData("DATASET", """{"buckets": {"b": {"default_credential": {"access_key": "s3cr3t"}}}}""")]
    [InlineData("POD_TEMPLATE", """{"t": {"list": [{"access_key": "s3cr3t"}, [{"access_key": "s3cr3t"}]]}}""")]
    public void Every_secret_is_sealed_and_masked(string typeName, string json)
    {
        Assert.True(ConfigTypes.TryParse(typeName, out var type));
        var document = Parse(json);
        _secrets.Seal(type, document, []);

        Assert.DoesNotContain("s3cr3t", document.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            json.Replace("s3cr3t", ConfigSecrets.Mask, StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal),
            ConfigSecrets.Masked(type, document).ToJsonString());
    }

    [Fact]
    public void An_empty_secret_is_shown_as_it_is()
    {
        var document = Workflow("");
        _secrets.Seal(ConfigType.Workflow, document, []);
        Assert.Equal(Workflow("").ToJsonString(), ConfigSecrets.Masked(ConfigType.Workflow, document).ToJsonString());
    }

    [Fact]
    public void A_mask_that_comes_back_and_the_same_secret_again_leave_the_stored_one_as_it_is()
    {
        var stored = Workflow("one");
        _secrets.Seal(ConfigType.Workflow, stored, []);
        foreach (var text in new[] { ConfigSecrets.Mask, "one" })
        {
            var document = Workflow(text);
            _secrets.Seal(ConfigType.Workflow, document, stored);
            Assert.Equal(stored.ToJsonString(), document.ToJsonString());
        }

        var other = Workflow("two");
        _secrets.Seal(ConfigType.Workflow, other, stored);
        Assert.NotEqual(stored.ToJsonString(), other.ToJsonString());
    }

    [Fact]
    public void A_mask_where_nothing_is_stored_is_refused()
    {
        var failure = Assert.Throws<OsmoException>(() => _secrets.Seal(ConfigType.Workflow, Workflow(ConfigSecrets.Mask), []));
        Assert.Equal(Auth, Assert.Single(failure.Fields).Field);
    }

    [Fact]
    public void A_sealed_text_of_a_client_is_refused_and_not_repeated()
    {
        var stored = Workflow("one");
        _secrets.Seal(ConfigType.Workflow, stored, []);
        var failure = Assert.Throws<OsmoException>(() => ConfigSecrets.CheckInput(ConfigType.Workflow, stored));
        Assert.DoesNotContain("sealed:v1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_that_moves_opens_in_its_new_place_alone()
    {
        var stored = Parse("""{"a": {"x": {"access_key": "one"}}}""");
        _secrets.Seal(ConfigType.Pool, stored, []);
        var renamed = new JsonObject { ["b"] = stored["a"]!.DeepClone() };
        _secrets.Seal(ConfigType.Pool, renamed, stored);

        Assert.NotEqual(stored["a"]!.ToJsonString(), renamed["b"]!.ToJsonString());
        var same = Parse("""{"b": {"x": {"access_key": "one"}}}""");
        _secrets.Seal(ConfigType.Pool, same, renamed);
        Assert.Equal(renamed.ToJsonString(), same.ToJsonString());
    }

    [Fact]
    public void A_difference_says_that_a_secret_changed_and_not_to_what()
    {
        var (first, second, third) = (Workflow("one"), Workflow("two"), Workflow("one"));
        foreach (var document in new[] { first, second, third })
        {
            _secrets.Seal(ConfigType.Workflow, document, []);
        }

        Assert.Equal(
            Workflow($"{ConfigSecrets.Mask} <secret changed in r7>").ToJsonString(),
            _secrets.MaskedBeside(ConfigType.Workflow, second, first, 7).ToJsonString());
        Assert.Equal(
            Workflow(ConfigSecrets.Mask).ToJsonString(), _secrets.MaskedBeside(ConfigType.Workflow, third, first, 7).ToJsonString());
    }

    [Fact]
    public void A_secret_whose_key_is_gone_can_be_kept_or_set_anew()
    {
        var stored = Workflow("one");
        new ConfigSecrets(SecretsKeyRing.Parse(SecretsKeyRing.NewKeyText(), "the test")).Seal(ConfigType.Workflow, stored, []);

        var kept = Workflow(ConfigSecrets.Mask);
        _secrets.Seal(ConfigType.Workflow, kept, stored);
        Assert.Equal(stored.ToJsonString(), kept.ToJsonString());

        var renewed = Workflow("one");
        _secrets.Seal(ConfigType.Workflow, renewed, stored);
        Assert.NotEqual(stored.ToJsonString(), renewed.ToJsonString());
    }

    private static JsonObject Workflow(string auth) =>
        new() { ["backend_images"] = new JsonObject { ["credential"] = new JsonObject { ["auth"] = auth } } };

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
