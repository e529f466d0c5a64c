using Osmo.Access.Secrets;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Access;

public sealed class SecretsKeyRingTests
{
    [Fact]
    public void Keys_are_separated_by_lines_or_commas_and_the_first_is_the_current_one()
    {
        string a = SecretsKeyRing.NewKeyText(), b = SecretsKeyRing.NewKeyText(), c = SecretsKeyRing.NewKeyText();
        var ring = SecretsKeyRing.Parse($"# keys of the test\r\n{a},{b}\r\n\r\n {c} \r\n", "the test");

        Assert.Equal(3, ring.Keys.Length);
        Assert.Equal(SecretsKeyRing.Parse(a, "the test").Current.Id, ring.Current.Id);
        Assert.Same(ring.Keys[2], ring.Find(ring.Keys[2].Id));
        Assert.Null(ring.Find("00"));
    }

    [Theory]
    [InlineData("", "has 0 keys")]
    [InlineData("# nothing", "has 0 keys")]
    [InlineData("hunter2hunter2", "not base64 of 32 bytes")]
    [InlineData("AAAA", "not base64 of 32 bytes")]
    public void What_is_no_key_is_refused_without_being_repeated(string text, string problem)
    {
        var failure = Assert.Throws<OsmoException>(() => SecretsKeyRing.Parse(text, "keys.txt"));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.Contains("keys.txt", failure.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand -base64 32", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_key_twice_is_refused()
    {
        var key = SecretsKeyRing.NewKeyText();
        var failure = Assert.Throws<OsmoException>(() => SecretsKeyRing.Parse($"{key},{key}", "the test"));
        Assert.DoesNotContain(key, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_keyed_hash_is_the_same_for_the_same_and_differs_by_key_purpose_and_text()
    {
        var key = SecretsKeyRing.Parse(SecretsKeyRing.NewKeyText(), "the test").Current;
        var hash = key.KeyedHash(SecretsPurpose.Token, "text"u8);

        Assert.Equal(SecretsKey.Bytes, hash.Length);
        Assert.Equal(hash, key.KeyedHash(SecretsPurpose.Token, "text"u8));
        Assert.NotEqual(hash, key.KeyedHash(SecretsPurpose.Config, "text"u8));
        Assert.NotEqual(hash, key.KeyedHash(SecretsPurpose.Token, "texts"u8));
        Assert.NotEqual(hash, SecretsKeyRing.Development.Current.KeyedHash(SecretsPurpose.Token, "text"u8));
    }

    /// <summary>What is stored today has to be of use to tomorrow's program. The figures were computed by another implementation.</summary>
    [Fact]
    public void The_derivation_of_keys_and_the_form_of_sealed_texts_do_not_change()
    {
        var ring = SecretsKeyRing.Development;

        Assert.Equal("b509e2fb", ring.Current.Id);
        Assert.Equal(
            "7dedc7df98b3a4b2a974bb65f3e9580c75dbde45044f3dac7e25b130d1758010",
            Convert.ToHexStringLower(ring.Current.KeyedHash(SecretsPurpose.Token, "text"u8)));
        Assert.Equal(
            "text",
            SealedText.Open(
                ring, SecretsPurpose.Config, "a/place", "sealed:v1:b509e2fb:AAECAwQFBgcICQoLOCuj4xGv9pGO9CphiVa07lvD9N8="));
    }
}
